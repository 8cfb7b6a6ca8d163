"""Sessions made from a file: fetched from a URL that somebody outside gave, read, and told as events.

`Imports` takes requests, the `Importer` does the jobs. Which addresses may be asked is told by
`hub.address`, what a file is by `kind`; `fetch` is the only place that connects.
"""
