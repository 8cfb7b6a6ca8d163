"""The way of an event in: authenticate, limit, read, validate, append."""

import re
import time
from collections.abc import Sequence

import msgspec

from hub.core.event import Draft, draft
from hub.core.lifecycle import Cause
from hub.edge.auth import Credential
from hub.edge.body import decode, undecoded
from hub.edge.metrics import Metrics
from hub.errors import HubError
from hub.live.appending import Appending
from hub.store.streams import CHUNK, Streams
from schemas.codec import ID_PATTERN
from schemas.events import Event
from schemas.frames import Appended

_one = msgspec.json.Decoder(Event)
_many = msgspec.json.Decoder(list[Event])
_ITEM = re.compile(r"\$\[(\d+)\]")
"""The item of an array that a path leads to."""


def events(body: bytes, *, lines: bool) -> tuple[list[Event], str | None]:
    """The events of a request's body.

    Args:
        body: One event, an array of events, or with `lines` NDJSON.
        lines: The body is NDJSON.

    Returns:
        The events, and the path of their list; None if the body is one event.

    Raises:
        HubError: `invalid_json`, `invalid_utf8`, `invalid_field`, `too_many_events`.
    """
    if lines:
        return _lines(body.splitlines()), "$"
    if body.lstrip()[:1] == b"[":
        try:
            return decode(body, _many), "$"
        except HubError as error:
            item = _ITEM.match(error.details.get("field", ""))
            if item:
                error.details["index"] = int(item[1])
            raise
    return [decode(body, _one)], None


def _lines(lines: Sequence[bytes]) -> list[Event]:
    found: list[Event] = []
    for number, line in enumerate(lines):
        if not line or line.isspace():
            continue
        if len(found) >= CHUNK:
            raise _too_many()
        try:
            found.append(_one.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            refusal = undecoded(error, path=f"$[{len(found)}]")
            refusal.details.update(index=len(found), line=number + 1)
            raise refusal from None
    return found


def _too_many() -> HubError:
    return HubError("too_many_events", f"At most {CHUNK} events are taken at once.", limit=CHUNK)


class Publishing:
    """Takes events of publishers, over whatever transport."""

    def __init__(self, streams: Streams, appending: Appending, metrics: Metrics) -> None:
        self._streams = streams
        self._appending = appending
        self._metrics = metrics
        self._taken = metrics.publishes.labels("ok")

    async def publish(
        self,
        credential: Credential,
        session_id: str,
        published: Sequence[Event],
        *,
        root: str | None,
        lease: int = 0,
    ) -> list[Appended]:
        """Append events of a publisher, all of them or none.

        Args:
            credential: Whose they are.
            session_id: Of which session.
            published: At most `CHUNK`.
            root: Path of the list in the request; None if the request is one event, not a list.
            lease: The number of the lease under which a bot publishes; 0 if no bot does.

        Raises:
            HubError: whatever is wrong, naming the index of the event. Unavailable, StorageFull.
        """
        began = time.monotonic()
        try:
            credential.require("publish")
            if not ID_PATTERN.match(session_id):
                raise HubError("session_not_found")
            drafts = _drafts(published, root, Cause.BOT if lease else Cause.PUBLISHER)
            if drafts:
                appended = await self._appending.append(
                    credential.organization, session_id, drafts, lease=lease
                )
            elif await self._streams.head(credential.organization, session_id) is None:
                raise HubError("session_not_found")
            else:
                appended = []
        except HubError as error:
            self._metrics.publishes.labels(error.code).inc(len(published))
            raise
        self._taken.inc(len(appended))
        self._metrics.latency.observe(time.monotonic() - began)
        return appended


def _drafts(published: Sequence[Event], root: str | None, cause: Cause) -> list[Draft]:
    if len(published) > CHUNK:
        raise _too_many()
    if root is None:
        return [draft(event, cause=cause) for event in published]
    drafts: list[Draft] = []
    for index, event in enumerate(published):
        try:
            drafts.append(draft(event, root=root, index=index, cause=cause))
        except HubError as error:
            error.details.setdefault("index", index)
            raise
    return drafts
