"""What the hub knows without asking anyone: pure functions and values, no I/O and no clock.

`entry_id` the order of a stream · `session_id` names of sessions · `lifecycle` which status may follow which
· `event` from what a publisher sent to what is kept · `entry` what the stream keeps · `transcript` how
segments are assembled · `participants` who is there · `fold` from entries to the state of a session ·
`view` from the state to what is shown · `platform` whose meeting a link belongs to.
"""
