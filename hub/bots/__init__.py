"""Bots: who works on which session, for how long, and what happens when nobody does.

`roster` the bots connected to this hub · `dispatcher` brings sessions to them, with a `desk` for each
organization · `leasing` takes, renews and gives back · `heartbeats` those of a whole bot · `endings` how
sessions with a bot end or begin anew · `deadlines` what happens when a time is over.
"""
