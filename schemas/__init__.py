"""The contract: what travels between publishers, the hub and subscribers.

Imports msgspec only, so that a client can use these types without the hub.

`errors` what can go wrong, in two tables · `events` what can be published · `session` what is shown of
a session · `frames` what a subscriber is sent · `requests` what the HTTP API takes and answers ·
`codec` how all of it is encoded.
"""
