"""The hub, as a program uses it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import anyio
import msgspec

from hub.client.analytics import Analytics
from hub.client.backoff import Backoff
from hub.client.batch import Outgoing, outgoing, request_body
from hub.client.errors import HubUnavailable
from hub.client.follow import Following
from hub.client.http import Http
from hub.client.meetings import Meetings
from hub.client.pages import Asked, pages, parameters
from hub.client.publisher import Publisher, fresh_keys
from hub.client.socket import Socket
from hub.client.topics import Topics
from schemas import codec
from schemas.details import User
from schemas.events import LogLevel
from schemas.frames import FASTEST, SLOWEST, Appended, Partials
from schemas.requests import (
    CreatedKey,
    CreateKey,
    CreateSession,
    CreateToken,
    HeartbeatResult,
    Key,
    KeyList,
    PublishResult,
    Scope,
    SessionList,
    Token,
    UpdateSession,
)
from schemas.session import Session, SessionDetail, Transcript


class Hub:
    """One hub and one credential; an async context manager.

    Every method raises `HubRefused` when the hub says no, and `HubUnavailable` when there is no answer that
    settles it.

    Args:
        url: Base URL, such as `https://hub.example`.
        key: API key, or for following a stream token.
        timeout: Seconds for connecting, and for every wait for bytes of an answer.
    """

    def __init__(self, url: str, key: str, *, timeout: float = 15.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"the URL of a hub begins with http:// or https://, not {url!r}")
        self.url = url.rstrip("/")
        self._key = key
        self._timeout = timeout
        self._http = Http(self.url, key, timeout)
        self._followings: list[Following] = []
        self.meetings = Meetings(self._http)
        """The organization's meetings."""
        self.topics = Topics(self._http)
        """What its sessions may be about."""
        self.analytics = Analytics(self._http)
        """What its sessions amount to."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection, also those of `follow`."""
        with anyio.CancelScope(shield=True):
            for following in self._followings:
                await following.aclose()
            await self._http.aclose()

    async def create_session(
        self,
        title: str | None = None,
        *,
        meeting_link: str | None = None,
        file_url: str | None = None,
        meeting_id: str | None = None,
        idempotency_key: str | None = None,
        **details: Any,
    ) -> Session:
        """Create a session; with an `idempotency_key` used before, get the one that was created then.

        With `file_url` it is made from a file, and its hub fetches that. `details` are fields of
        `schemas.details.Details`, such as `bot_name`, `scheduled_for`, `metadata`, and `dispatch`
        (`schemas.dispatch.Dispatch`), which asks for a bot: `{}` for any.
        """
        wanted = CreateSession(
            title=title, meeting_link=meeting_link, file_url=file_url, meeting_id=meeting_id, **details
        )
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else None
        return await self._http.ask(
            Session, "POST", "/v1/sessions", body=codec.encode(wanted), headers=headers
        )

    async def update_session(self, session_id: str, **details: Any) -> Session:
        """Say anew what a session is called and what belongs to it: fields of `schemas.details.Details`."""
        body = codec.encode(UpdateSession(**details))
        return await self._http.ask(Session, "PATCH", _path(session_id), body=body)

    async def sessions(self, **query: Asked) -> AsyncIterator[Session]:
        """All sessions that are asked for, by default newest first, fetched page by page.

        `query` are parameters of `GET /v1/sessions`, such as `status`, `live`, `participants`, `search`:
        text, flags, times, or several in a list.
        """
        async for session in pages(self._http, SessionList, "/v1/sessions", query):
            yield session

    async def session_page(self, **query: Asked) -> SessionList:
        """One page of sessions, with the count of all; by `page` and `size`, or by `cursor` and `limit`."""
        return await self._http.ask(SessionList, "GET", "/v1/sessions", params=parameters(query))

    async def session(self, session_id: str, *, as_of: str | None = None) -> SessionDetail:
        """A session with its participants and artifacts, now or as of one of its entries."""
        params = None if as_of is None else {"as_of": as_of}
        return await self._http.ask(SessionDetail, "GET", _path(session_id), params=params)

    async def transcript(self, session_id: str) -> Transcript:
        """Every segment that is not retracted, by start."""
        path = _path(session_id, "transcript")
        return await self._http.ask(Transcript, "GET", path, params={"format": "json"})

    async def stop(self, session_id: str, *, reason: str | None = None) -> Session:
        """End the session; one that has ended already stays as it is."""
        body = codec.encode({} if reason is None else {"reason": reason})
        return await self._http.ask(Session, "POST", _path(session_id, "stop"), body=body)

    async def seal(self, session_id: str) -> Session:
        """Let an ended session take nothing more but artifacts."""
        return await self._http.ask(Session, "POST", _path(session_id, "seal"))

    async def delete(self, session_id: str) -> None:
        """Delete the session and all it holds."""
        await self._http.send("DELETE", _path(session_id))

    async def heartbeat(
        self, session_id: str, *, state: str | None = None, health: str | None = None
    ) -> HeartbeatResult:
        """Say that the bot of the session is alive."""
        said = {name: value for name, value in (("state", state), ("health", health)) if value is not None}
        return await self._http.ask(
            HeartbeatResult, "POST", _path(session_id, "heartbeat"), body=codec.encode(said)
        )

    async def publish(
        self, session_id: str, events: Sequence[Mapping[str, Any]], *, retry_for: float = 60.0
    ) -> list[Appended]:
        """Publish events in one request: all of them, or if one is refused, none.

        An outcome that is not known is asked for again for `retry_for` seconds; no event becomes two entries.

        Args:
            session_id: The session.
            events: `{"type", "data", "occurred_at"?, "idempotency_key"?}`; 500 and 1 MiB at most.
            retry_for: Seconds.
        """
        made = fresh_keys()
        out = [outgoing(event, next(made)) for event in events]
        backoff = Backoff(first=0.1, most=10.0)
        until = anyio.current_time() + retry_for
        while True:
            try:
                return await self.post(session_id, out)
            except HubUnavailable as error:
                wait = backoff.next(error.retry_after)
                if anyio.current_time() + wait > until:
                    raise
            await anyio.sleep(wait)

    def publisher(self, session_id: str, *, queue: int = 2000, retry_for: float = 60.0) -> Publisher:
        """A publisher for many events, one after the other; see `Publisher`."""

        async def post(events: Sequence[Outgoing]) -> list[Appended]:
            return await self.post(session_id, events)

        return Publisher(post, queue=queue, retry_for=retry_for)

    async def post(self, session_id: str, events: Sequence[Outgoing]) -> list[Appended]:
        """Of publishers: send one request."""
        path = _path(session_id, "events")
        result = await self._http.ask(PublishResult, "POST", path, body=request_body(events))
        if len(result.entries) != len(events):
            raise HubUnavailable(f"{len(events)} events were sent and {len(result.entries)} answered.")
        return result.entries

    def follow(
        self,
        session_id: str | None = None,
        *,
        channels: Sequence[str] | None = None,
        after: str | Mapping[str, str] | None = None,
        partials: Partials = "all",
        level: LogLevel = LogLevel.DEBUG,
        speed: float | None = None,
        patience: float | None = None,
    ) -> Following:
        """Frames of a session until its end, or without `session_id` of the whole organization.

        On one WebSocket. It reconnects by itself and goes on from its cursors: every entry comes once and in
        order; a `Disconnect` frame tells that the connection was lost, a `ResetFrame` that entries were.
        Of the organization come its feed and all its sessions: those that are live begin with a snapshot,
        those that appear later with their first entry.

        Args:
            session_id: The session.
            channels: What to deliver of sessions (`schemas.events.Channel`); by default all.
            after: An entry id to go on after (`0-0`: from the start), for an organization a position of its
                feed; or the `cursors` of an earlier one.
            partials: Transcript partials: `all`, `latest` of a segment that is waiting, or `none`.
            level: Least level of the log entries to deliver.
            speed: Of a session: play what is old so many times as fast as it was, from `after` or from the
                start, then go on live; `SLOWEST` to `FASTEST` of `schemas.frames`.
            patience: Seconds to go on trying without a connection; None for ever.

        Raises:
            ValueError: a `speed` out of its bounds, or without a session.
        """
        if speed is not None and (session_id is None or not SLOWEST <= speed <= FASTEST):
            raise ValueError(f"a speed is from {SLOWEST:g} to {FASTEST:g}, and of one session")
        self._followings = [known for known in self._followings if not known.closed]
        following = Following(
            self._dial,
            self._live_sessions,
            session_id=session_id,
            channels=channels,
            after=after,
            partials=partials,
            level=level,
            speed=speed,
            patience=patience,
        )
        self._followings.append(following)
        return following

    async def _dial(self) -> Socket:
        return await Socket.open(self.url, self._key, self._timeout)

    async def _live_sessions(self) -> list[str]:
        return [session.id async for session in self.sessions(live=True)]

    async def token(
        self,
        session_id: str | None = None,
        *,
        channels: Sequence[str] | None = None,
        expires_in: int = 900,
    ) -> Token:
        """A read-only stream token for a browser.

        Args:
            session_id: The one session it opens; without it, the organization's feed.
            channels: By default all.
            expires_in: Seconds.
        """
        wanted = {"session_id": session_id, "channels": channels, "expires_in": expires_in}
        asked = codec.encode(msgspec.convert(wanted, CreateToken))
        return await self._http.ask(Token, "POST", "/v1/tokens", body=asked)

    async def keys(self) -> list[Key]:
        """The organization's API keys, without their secrets."""
        return (await self._http.ask(KeyList, "GET", "/v1/keys")).data

    async def create_key(
        self,
        name: str | None = None,
        *,
        scopes: Sequence[Scope] = ("publish", "subscribe", "manage"),
        organization: str | None = None,
        user: User | None = None,
    ) -> CreatedKey:
        """Make an API key; the answer is the only place that shows its secret."""
        wanted = CreateKey(name=name, scopes=tuple(scopes), organization=organization, user=user)
        return await self._http.ask(CreatedKey, "POST", "/v1/keys", body=codec.encode(wanted))

    async def revoke_key(self, key_id: str) -> None:
        """Revoke an API key; it stops working everywhere within 5 s."""
        await self._http.send("DELETE", f"/v1/keys/{quote(key_id, safe='')}")


def _path(session_id: str, part: str = "") -> str:
    if not session_id:
        raise ValueError("a session id is not empty")
    path = f"/v1/sessions/{quote(session_id, safe='')}"
    return f"{path}/{part}" if part else path
