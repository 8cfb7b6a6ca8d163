"""Subscribers that cut their own connections and resume, and write down every frame they were sent.

They speak SSE and WebSocket by httpx and websockets directly, not by the hub's own client.
"""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets

PATIENCE = 30.0


@dataclass
class Record:
    """What one subscriber saw."""

    name: str
    start: str | None
    """The cursor it began with; None: a snapshot."""
    snapshot: dict[str, Any] | None = None
    entries: list[dict[str, Any]] = field(default_factory=list)
    resets: list[dict[str, Any]] = field(default_factory=list)
    bookmarks: list[str] = field(default_factory=list)
    ended: str | None = None
    cuts: Counter[str] = field(default_factory=Counter)
    """`replay`: while old entries came, before the bookmark; `seam`: within three frames of the bookmark
    while the meeting was still being published; `late`: the same, but after that."""

    @property
    def cursor(self) -> str | None:
        """The last id seen."""
        if self.entries:
            return self.entries[-1]["id"]
        return self.snapshot["id"] if self.snapshot else self.start

    def take(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind == "snapshot":
            self.snapshot = frame
        elif kind == "bookmark":
            self.bookmarks.append(frame["id"])
        elif kind == "reset":
            self.resets.append(frame)
        elif kind == "end":
            self.ended = frame["data"]["reason"]
        elif kind != "disconnect":
            self.entries.append(frame)


class Cut:
    """When to cut one connection: after some entries of the replay, or around the bookmark."""

    def __init__(self, chance: random.Random, totals: Counter[str]) -> None:
        self._wanted = "replay" if totals["replay"] <= totals["seam"] else "seam"
        self._left = chance.randint(1, 30) if self._wanted == "replay" else chance.randint(0, 3)
        self._caught_up = False
        self._seen = 0

    def now(self, frame: dict[str, Any]) -> str | None:
        """Which kind of cut is due after `frame`."""
        if frame["type"] == "bookmark":
            self._caught_up = True
            self._left = min(self._left, 3)
        elif not self._caught_up:
            self._seen += 1
            if self._wanted == "seam":
                return None
        if self._left <= 0 and (self._caught_up or self._seen):
            return "seam" if self._caught_up else "replay"
        self._left -= 1
        return None


class Subscriber:
    """Follows one session until its end, through many connections."""

    def __init__(
        self,
        url: str,
        key: str,
        session_id: str,
        record: Record,
        *,
        totals: Counter[str],
        publishing: asyncio.Event,
        seed: str,
    ) -> None:
        self._url = url
        self._key = key
        self._session_id = session_id
        self._totals = totals
        self._publishing = publishing
        self.caught_up = asyncio.Event()
        self._chance = random.Random(seed)
        self.record = record

    async def run(self) -> None:
        async with asyncio.timeout(600):
            while self.record.ended is None:
                cut = Cut(self._chance, self._totals)
                kind = await self.connect(cut)
                if kind == "seam" and not self._publishing.is_set():
                    kind = "late"
                if kind is not None:
                    self.record.cuts[kind] += 1
                    self._totals[kind] += 1
                # Fall behind, so that there is something old to be replayed.
                await asyncio.sleep(self._chance.random() * 0.02)

    async def connect(self, cut: Cut) -> str | None:
        raise NotImplementedError

    def took(self, frame: dict[str, Any], cut: Cut) -> str | None:
        self.record.take(frame)
        if frame["type"] == "bookmark" and not self.caught_up.is_set():
            # The first time nobody cuts: all are to be there when publishing begins.
            self.caught_up.set()
            return None
        return None if self.record.ended else cut.now(frame)


class SseSubscriber(Subscriber):
    async def connect(self, cut: Cut) -> str | None:
        headers = {"Authorization": f"Bearer {self._key}"}
        if self.record.cursor is not None:
            headers["Last-Event-ID"] = self.record.cursor
        path = f"{self._url}/v1/sessions/{self._session_id}/stream"
        async with (
            httpx.AsyncClient(timeout=PATIENCE, verify=False) as client,
            client.stream("GET", path, headers=headers) as answer,
        ):
            if answer.status_code == 204:
                self.record.ended = "204"
                return None
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    kind = self.took(json.loads(line[6:]), cut)
                    if kind is not None or self.record.ended:
                        return kind
        return None


class WebSocketSubscriber(Subscriber):
    async def connect(self, cut: Cut) -> str | None:
        subscribe = {"op": "subscribe", "ref": 1, "session_id": self._session_id}
        if self.record.cursor is not None:
            subscribe["after"] = self.record.cursor
        connection = await websockets.connect(
            self._url.replace("http", "ws", 1) + "/v1/ws",
            additional_headers={"Authorization": f"Bearer {self._key}"},
            max_size=None,
            ping_interval=None,
        )
        try:
            await connection.send(json.dumps(subscribe))
            async for text in connection:
                frame = json.loads(text)
                if frame["type"] == "reply":
                    assert frame["ok"], frame
                    continue
                kind = self.took(frame, cut)
                if kind is not None or self.record.ended:
                    return kind
        finally:
            # Cut, not closed: no closing handshake.
            connection.transport.abort()
        return None
