"""The session hub: live meeting sessions, kept in Redis streams, fanned out over SSE and WebSocket."""

__version__ = "0.1.0"
