"""Summaries that are asked for: jobs in the store, done by whichever hub takes them.

`Summaries` takes requests, the `Writer` does the jobs. What a summary says comes from a `Generator`: a
language model behind an OpenAI-compatible endpoint (`completions`), or the session's own
sentences (`extractive`).
"""
