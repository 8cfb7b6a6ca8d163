"""Live sessions and fan-out inside one process.

`frames` what is sent, encoded once · `subscriber` who is sent it, and what of it · `ring` the newest items in
memory · `stream` one followed stream: fold and fan-out · `session`, `feed` its two kinds · `resume` from a
cursor to live · `registry` all followed streams and the reading of them · `states` the state of any session ·
`checkpointer` writes it down · `sweeper` what time does to sessions · `observer` who counts.
"""
