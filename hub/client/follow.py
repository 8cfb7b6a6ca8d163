"""Following a session, or all of an organization, through every loss of the connection."""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import anyio
import msgspec

from hub.client.backoff import Backoff
from hub.client.cursor import Roster, Subscription
from hub.client.errors import HubDisconnected, HubRefused, HubUnavailable
from hub.client.frames import Bookmark, Disconnect, End, Frame, SnapshotFrame, frame_of, noticed
from hub.client.socket import Socket, subscribe
from schemas.errors import ERRORS, Error

FEED = ""
"""The key of the feed's cursor in `Following.cursors` and in `after`."""


class Following:
    """An iterator over frames; made by `Hub.follow`.

    It pulls: the network is read no faster than frames are taken. Close it with `aclose`, by using it as an
    async context manager, or by closing its hub.

    Args:
        dial: Opens a socket.
        live_sessions: The ids of the sessions that are live now.
        session_id: The session; None for the whole organization.
        channels: What to deliver of sessions; None for all.
        after: A cursor, or `cursors` of an earlier one.
        partials: `all`, `latest` or `none`.
        level: Least level of the log entries to deliver.
        speed: At which what is old is played, until it is caught up; None: it comes at once.
        patience: Seconds to go on trying without a connection; None for ever.
        backoff: How long to wait before trying again.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[Socket]],
        live_sessions: Callable[[], Awaitable[list[str]]],
        *,
        session_id: str | None,
        channels: Sequence[str] | None,
        after: str | Mapping[str, str] | None,
        partials: str,
        level: str,
        speed: float | None = None,
        patience: float | None,
        backoff: Backoff | None = None,
    ) -> None:
        self._dial = dial
        self._live_sessions = live_sessions
        self._only = session_id
        self._channels = channels
        self._partials = partials
        self._level = level
        self._speed = speed
        self._patience = patience
        self._held = {key: Subscription(key, at) for key, at in _cursors(session_id, after).items()}
        self._roster = Roster()
        self._listing = session_id is None and after is not None
        self._socket: Socket | None = None
        self._due: dict[str | None, float] = {}
        self._refs: dict[int, str | None] = {}
        self._ref = 0
        self._ready: deque[Frame] = deque()
        self._backoff = backoff or Backoff()
        self._wait = 0.0
        self._lost_at: float | None = None
        self._announced = False
        self._ended = False

    @property
    def closed(self) -> bool:
        """It takes nothing more from the network."""
        return self._ended and self._socket is None

    @property
    def cursors(self) -> dict[str, str]:
        """Where each subscription stands, the feed under `FEED`; given as `after` it goes on from here."""
        return {key or FEED: held.cursor for key, held in self._held.items() if held.cursor is not None}

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Frame:
        """The next frame. Safe to cancel.

        Raises:
            HubRefused: the hub refuses the credential or the session.
            HubDisconnected: the hub ended the connection for good, and why.
            HubUnavailable: no connection for longer than `patience`.
        """
        while not self._ready:
            if self._ended:
                await self._hang_up()
                raise StopAsyncIteration
            try:
                await self._advance()
            except HubRefused:
                await self.aclose()
                raise
            except HubUnavailable as error:
                await self._lose(error)
        return self._ready.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection; the iteration ends after the frames that are here already."""
        self._ended = True
        await self._hang_up()

    async def _hang_up(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.aclose()

    async def _advance(self) -> None:
        """One step: connect, or subscribe to what is due and take one message."""
        if self._socket is None:
            await anyio.sleep(self._wait)
            self._socket = await self._dial()
            self._refs.clear()
            self._due = dict.fromkeys(self._held, 0.0)
        for key in [key for key, at in self._due.items() if at <= time.monotonic()]:
            await self._subscribe(self._socket, self._held[key])
            del self._due[key]
        message = None
        due = min(self._due.values(), default=None)
        with anyio.move_on_after(None if due is None else max(0.0, due - time.monotonic())):
            message = await self._socket.receive()
        if message is not None:
            await self._take(*message)

    async def _subscribe(self, socket: Socket, held: Subscription) -> None:
        self._ref += 1
        self._refs[self._ref] = held.session_id
        operation = subscribe(
            self._ref,
            held.session_id,
            after=held.cursor,
            channels=self._channels,
            partials=self._partials,
            level=self._level,
            speed=self._speed,
        )
        await socket.send(operation)

    async def _lose(self, error: HubUnavailable) -> None:
        """The connection is gone or was never there: say so once, and set when to try again."""
        code = "unavailable" if self._socket is None else "connection_lost"
        await self._hang_up()
        now = time.monotonic()
        self._lost_at = now if self._lost_at is None else self._lost_at
        if self._patience is not None and now - self._lost_at >= self._patience:
            self._ended = True
            raise error
        if not self._announced:
            self._wait = self._backoff.next(error.retry_after)
            self._ready.append(noticed(code, error.message, wait=self._wait))
        self._announced = False

    async def _take(self, raw: str, fields: dict[str, Any]) -> None:
        if fields.get("type") == "reply":
            self._replied(fields)
            return
        try:
            frame = frame_of(raw, fields)
        except ValueError as error:
            raise HubUnavailable(f"The hub sent {error}.") from error
        if isinstance(frame, Disconnect):
            self._disconnected(frame)
            return
        held = self._held.get(None if frame.feed else frame.session_id)
        if held is None:
            if frame.session_id is None:
                self._ready.append(frame)
            return
        self._backoff.reset()
        self._lost_at = None
        if isinstance(frame, Bookmark) and not frame.playing:
            # Live: what is missed while the connection is lost is wanted at once.
            self._speed = None
        if held.accept(frame):
            self._ready.append(frame)
        if frame.feed:
            await self._discover(frame)
        elif isinstance(frame, End):
            self._finish(frame.session_id)

    def _disconnected(self, frame: Disconnect) -> None:
        whole = frame.session_id is None and not frame.feed
        if whole and not frame.reconnect:
            raise HubDisconnected(frame.code, frame.message)
        wait = self._backoff.next(frame.retry_ms / 1000)
        self._ready.append(frame)
        if whole:
            self._wait, self._announced = wait, True
            return
        key = None if frame.feed else frame.session_id
        if key not in self._held:
            return
        if frame.reconnect:
            self._due[key] = time.monotonic() + wait
        elif key == self._only:
            raise HubRefused(frame.code, frame.message)
        else:
            self._drop(key)

    def _replied(self, fields: dict[str, Any]) -> None:
        reference = fields.get("ref")
        if not isinstance(reference, int) or reference not in self._refs:
            return
        key = self._refs.pop(reference)
        if fields.get("ok") or key not in self._held:
            return
        error = msgspec.convert(fields.get("error"), Error)
        row = ERRORS.get(error.code)
        if row is not None and row.fault == "server":
            self._due[key] = time.monotonic() + self._backoff.next()
        elif key == self._only or error.code != "session_not_found":
            raise HubRefused(error.code, error.message, details=error.details, trace_id=error.trace_id)
        else:
            self._drop(key)
            self._ready.append(noticed(error.code, error.message, wait=None, session_id=key))

    def _finish(self, session_id: str | None) -> None:
        self._drop(session_id)
        if session_id == self._only:
            self._ended = True
        elif session_id is not None:
            self._roster.finished(session_id)

    def _drop(self, key: str | None) -> None:
        self._held.pop(key, None)
        self._due.pop(key, None)

    async def _discover(self, frame: Frame) -> None:
        """Follow the sessions that a frame of the feed brings to light."""
        for session_id, after in self._roster.found(frame):
            self._add(session_id, after)
        if isinstance(frame, SnapshotFrame) and frame.data.get("truncated"):
            self._listing = True
        if self._listing and isinstance(frame, Bookmark):
            # A feed that was resumed names only what came after its cursor, a truncated snapshot not all
            # that is live. By the first bookmark all later ones are known, so these begin with a snapshot.
            for session_id in await self._live_sessions():
                self._add(session_id, None)
            self._listing = False

    def _add(self, session_id: str, after: str | None) -> None:
        if session_id not in self._held:
            self._held[session_id] = Subscription(session_id, after)
            self._due[session_id] = 0.0


def _cursors(session_id: str | None, after: str | Mapping[str, str] | None) -> dict[str | None, str | None]:
    if session_id is not None:
        return {session_id: after.get(session_id) if isinstance(after, Mapping) else after}
    if isinstance(after, Mapping):
        sessions: dict[str | None, str | None] = {key: at for key, at in after.items() if key != FEED}
        return {None: after.get(FEED)} | sessions
    return {None: after}
