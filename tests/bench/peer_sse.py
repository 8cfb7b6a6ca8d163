"""A hub of Server-Sent Events as one writes it by hand: Starlette, uvicorn, sse-starlette, Redis.

    python tests/bench/peer_sse.py PORT REDIS_SOCKET KEY

A POST is checked and appended to the session's stream; one task a session reads the stream and puts each
entry, encoded once, into a bounded queue of every subscriber, whose response is read from that queue. It
keeps no state of the session, knows no channels, and does not resume.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import redis.asyncio
import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

QUEUED = 1000
"""Entries that may wait for one subscriber before its stream is ended."""
READ_AT_ONCE = 500

Queue = asyncio.Queue[bytes | None]


class Session:
    """The subscribers of one session, and the task that reads its stream for them."""

    def __init__(self, client: redis.asyncio.Redis, name: str) -> None:
        self._client = client
        self._name = name
        self._queues: set[Queue] = set()
        self._task: asyncio.Task[None] | None = None
        self._following = asyncio.Event()

    async def joined(self) -> Queue:
        """The queue of a new subscriber; all entries from now on come into it."""
        if self._task is None:
            self._task = asyncio.create_task(self._read(), name=f"read {self._name}")
        await self._following.wait()
        queue: Queue = asyncio.Queue(QUEUED + 1)
        self._queues.add(queue)
        return queue

    def leave(self, queue: Queue) -> None:
        self._queues.discard(queue)

    async def _read(self) -> None:
        newest = await self._client.xrevrange(self._name, count=1)
        last = newest[0][0] if newest else b"0-0"
        self._following.set()
        while True:
            found = await self._client.xread({self._name: last}, count=READ_AT_ONCE, block=5000)
            for entry_id, fields in found[0][1] if found else ():
                last = entry_id
                self._fan_out(encoded(self._name, entry_id, fields))

    def _fan_out(self, event: bytes) -> None:
        slow = []
        for queue in self._queues:
            if queue.qsize() < QUEUED:
                queue.put_nowait(event)
            else:
                slow.append(queue)
        for queue in slow:
            queue.put_nowait(None)
            self._queues.discard(queue)


def encoded(session: str, entry_id: bytes, fields: dict[bytes, bytes]) -> bytes:
    """One entry as a Server-Sent Event."""
    kind = fields[b"type"].decode()
    identity = entry_id.decode()
    at = datetime.fromtimestamp(int(identity.partition("-")[0]) / 1000, UTC)
    data = {
        "id": identity,
        "type": kind,
        "session_id": session,
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": json.loads(fields[b"data"]),
    }
    text = json.dumps(data, separators=(",", ":"))
    return ServerSentEvent(text, event=kind, id=identity, sep="\n").encode()


class Hub:
    """The application."""

    def __init__(self, client: redis.asyncio.Redis, key: str) -> None:
        self._client = client
        self._authorization = f"Bearer {key}"
        self._sessions: dict[str, Session] = {}

    async def publish(self, request: Request) -> Response:
        if request.headers.get("authorization") != self._authorization:
            return JSONResponse({"error": "invalid_credential"}, 401)
        try:
            event: dict[str, Any] = json.loads(await request.body())
            kind, data = event["type"], event["data"]
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": "invalid_json"}, 400)
        if not isinstance(kind, str) or not isinstance(data, dict):
            return JSONResponse({"error": "invalid_field"}, 422)
        fields = {"type": kind, "data": json.dumps(data, separators=(",", ":"))}
        entry_id = await self._client.xadd(request.path_params["session"], fields)
        return JSONResponse({"id": entry_id.decode()})

    async def stream(self, request: Request) -> Response:
        if request.headers.get("authorization") != self._authorization:
            return JSONResponse({"error": "invalid_credential"}, 401)
        name = request.path_params["session"]
        session = self._sessions.setdefault(name, Session(self._client, name))
        return EventSourceResponse(self._events(session), sep="\n")

    async def _events(self, session: Session) -> AsyncIterator[bytes]:
        queue = await session.joined()
        try:
            yield b": ready\n\n"
            while (event := await queue.get()) is not None:
                yield event
        finally:
            session.leave(queue)


def main() -> None:
    port, redis_socket, key = sys.argv[1:]
    # Its reads of the stream block longer than any other command may take.
    client = redis.asyncio.Redis(unix_socket_path=redis_socket, socket_timeout=None)
    hub = Hub(client, key)
    routes = [
        Route("/sessions/{session}/events", hub.publish, methods=["POST"]),
        Route("/sessions/{session}/stream", hub.stream),
    ]
    uvicorn.run(
        Starlette(routes=routes),
        port=int(port),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
