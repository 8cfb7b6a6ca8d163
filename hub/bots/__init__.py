"""Bots: who works on which session, for how long, and what happens when nobody does.

`endings` how sessions with a bot end or begin anew · `deadlines` what happens when a time is over.
"""
