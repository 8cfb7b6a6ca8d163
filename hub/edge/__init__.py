"""Bytes in and out.

`auth` who somebody is · `tokens` stream tokens · `body` what is read of a request · `middleware` around every
request · `connections` all open streams and sockets · `sse` and `websocket` the two transports, in the
portable way · `subscription` from a request to a live stream · `metrics` what is counted.
"""
