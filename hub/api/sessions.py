"""Sessions: create, get, update, stop, seal, delete; heartbeats and the transcript."""

import secrets
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import sessions as operations
from hub.api.parameters import Parameters, session_id_of
from hub.api.services import Services
from hub.bots.leasing import stop_of
from hub.core import view
from hub.core.entry_id import EntryId
from hub.core.event import Draft, hub_draft
from hub.core.facets import milliseconds_of
from hub.core.fold import State
from hub.core.lease import Wants, offered_as, span_of, wanted
from hub.core.lifecycle import ADMITTED, TERMINAL
from hub.core.platform import platform_of
from hub.core.session_id import session_id as new_session_id
from hub.edge import body
from hub.edge.auth import Credential
from hub.edge.lease import lease_of_request
from hub.errors import HubError
from hub.imports.url import FileUrl
from hub.live.sweeper import sealed
from hub.store.streams import session_source
from schemas import codec
from schemas.details import Details
from schemas.events import SessionCreated, SessionDeleted, SessionUpdated, Status, StatusChanged
from schemas.requests import (
    CreateSession,
    Heartbeat,
    HeartbeatResult,
    StopSession,
    UpdateSession,
)
from schemas.session import Session, SessionDetail
from schemas.values import IdempotencyKey

RACES = 5
"""How often a stop looks again when the status changed under it."""
SOON = 60.0
"""Seconds by which `scheduled_for` may lie in the past and still mean now."""

_creation = msgspec.json.Decoder(CreateSession)
_updating = msgspec.json.Decoder(UpdateSession)
_stopping = msgspec.json.Decoder(StopSession)
_heartbeats = msgspec.json.Decoder(Heartbeat)


class Sessions:
    """The routes below `/v1/sessions`; the list, streams and events apart."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            operations.CREATE.route(self._create),
            operations.GET.route(self._get),
            operations.UPDATE.route(self._update),
            operations.DELETE.route(self._delete),
            operations.STOP.route(self._stop),
            operations.SEAL.route(self._seal),
            operations.HEARTBEAT.route(self._heartbeat),
        ]

    async def _create(self, request: Request) -> Response:
        """`POST /v1/sessions`: 201 with the session; 200 for a repeated `Idempotency-Key`."""
        credential = await self._services.allowed(request, "manage")
        asked = body.decode(await body.read(request), _creation)
        created, is_new = await self.create(credential, asked, key=_idempotency_key(request))
        return answer(created, 201 if is_new else 200, {"Location": f"/v1/sessions/{created.id}"})

    async def create(
        self, credential: Credential, asked: CreateSession, *, key: str | None = None
    ) -> tuple[Session, bool]:
        """Create a session.

        Args:
            credential: Whose it will be.
            asked: What is said of it.
            key: Idempotency key; a repeated one answers with the session that it created.

        Returns:
            The session, and whether it is new.

        Raises:
            HubError: `invalid_field`, `idempotency_conflict`, `too_many_sessions`. Unavailable, StorageFull.
        """
        file = None if asked.file_url is None else self._services.imports.checked(asked.file_url)
        data = _created(asked, credential, file)
        directory = self._services.directory
        await self._check_time(credential, asked, key)
        await self._check_topic(credential, asked, key)
        session_id = new_session_id(secrets.token_bytes(12))
        if asked.file_url is not None:
            await self._services.imports.announce(credential.organization, session_id, asked.file_url)
        created = await directory.create(
            credential.organization, session_id, data, idempotency_key=key, wants=self._wants(data)
        )
        try:
            state = await self.state(credential, created.session_id)
        except HubError as error:
            if not (created.duplicate and error.code == "session_not_found"):
                raise
            message = "The session that was created with this idempotency key was deleted."
            raise HubError("idempotency_conflict", message, idempotency_key=key) from None
        self._services.checkpointer.request(credential.organization, created.session_id)
        if asked.file_url is not None and state.status is Status.SCHEDULED:
            await self._services.imports.begin(credential.organization, created.session_id, asked.file_url)
        return view.session_view(state), not created.duplicate

    async def _get(self, request: Request) -> Response:
        """`GET /v1/sessions/{id}`: with participants and artifacts; `as_of` an entry if wanted."""
        credential = await self._services.allowed(request, "subscribe")
        as_of = Parameters(request, operations.GET).entry_id("as_of")
        session_id = session_id_of(request)
        if as_of is None:
            return answer(await self.get(credential, session_id))
        return answer(view.detail_view(await self._past(credential, session_id, as_of)))

    async def get(self, credential: Credential, session_id: str) -> SessionDetail:
        """A session with its participants and artifacts.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        state = await self.state(credential, session_id)
        times = await self._services.directory.times(credential.organization, session_id)
        return view.detail_view(state, heartbeat=times.heartbeat, expires=times.expires)

    async def state(self, credential: Credential, session_id: str) -> State:
        """A session as it is folded, for who shows it otherwise than `get` does.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        return await self._services.reads.state(credential.organization, session_id)

    async def _stop(self, request: Request) -> Response:
        """`POST /v1/sessions/{id}/stop`: ends the session; one that has ended is left as it is."""
        credential = await self._services.allowed(request, "manage")
        raw = await body.read(request)
        asked = body.decode(raw, _stopping) if raw.strip() else StopSession()
        return answer(await self.stop(credential, session_id_of(request), asked.reason))

    async def stop(self, credential: Credential, session_id: str, reason: str | None = None) -> Session:
        """End a session; one that has ended is left as it is.

        Raises:
            HubError: `session_not_found`. Unavailable, StorageFull.
        """
        for _ in range(RACES):
            state = await self.state(credential, session_id)
            if state.status in TERMINAL:
                break
            try:
                if await self._stopped(credential, state, reason):
                    break
            except HubError as error:
                if error.code not in ("invalid_transition", "session_ended", "session_sealed"):
                    raise
        return await self._session(credential, session_id)

    async def _seal(self, request: Request) -> Response:
        """`POST /v1/sessions/{id}/seal`: the session takes nothing more; a second seal changes nothing."""
        credential = await self._services.allowed(request, "publish")
        session_id = session_id_of(request)
        try:
            await self._append(credential, session_id, sealed("requested"))
        except HubError as error:
            if error.code == "invalid_transition":
                raise HubError("session_not_ended", **error.details) from None
            if error.code != "session_sealed":
                raise
        return answer(await self._session(credential, session_id))

    async def _update(self, request: Request) -> Response:
        """`PATCH /v1/sessions/{id}`: new details, at any time; what is left out stays, null takes it away."""
        credential = await self._services.allowed(request, "manage")
        session_id = session_id_of(request)
        asked = body.decode(await body.read(request), _updating)
        return answer(await self.update(credential, session_id, asked))

    async def update(self, credential: Credential, session_id: str, asked: UpdateSession) -> Session:
        """Say new details, at any time; what is left out stays, None takes it away.

        Raises:
            HubError: `session_not_found`, `invalid_field`. Unavailable, StorageFull.
        """
        said = {name: getattr(asked, name) for name in Details.__struct_fields__}
        if any(value is not UNSET for value in said.values()):
            await self._check_topic(credential, asked)
            await self._append(credential, session_id, hub_draft("session.updated", SessionUpdated(**said)))
        return await self._session(credential, session_id)

    async def _delete(self, request: Request) -> Response:
        """`DELETE /v1/sessions/{id}`: 204; its streams are told."""
        credential = await self._services.allowed(request, "manage")
        await self.delete(credential, session_id_of(request))
        return Response(status_code=204)

    async def delete(self, credential: Credential, session_id: str) -> None:
        """Delete a session.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        await self._append(credential, session_id, hub_draft("session.deleted", SessionDeleted()))

    async def _heartbeat(self, request: Request) -> Response:
        """`POST /v1/sessions/{id}/heartbeat`: the bot is alive."""
        credential = await self._services.allowed(request, "publish")
        raw = await body.read(request)
        asked = body.decode(raw, _heartbeats) if raw.strip() else Heartbeat()
        session_id, lease = session_id_of(request), lease_of_request(request)
        alive = await self._services.leasing.beat(
            credential.organization, session_id, lease=lease, state=asked.state, health=asked.health
        )
        settings = self._services.settings
        expires = alive.at + int((settings.lease if lease else settings.idle_timeout) * 1000)
        return answer(
            HeartbeatResult(
                session_id=session_id,
                at=codec.timestamp(alive.at),
                expires_at=codec.timestamp(expires),
                stop=stop_of(session_id, lease, alive.ending) if lease else None,
            )
        )

    async def _stopped(self, credential: Credential, state: State, reason: str | None) -> bool:
        """Stop a session; False if something came in between."""
        ending, session_id = _ending(state, reason), state.session_id
        standing = None
        if state.about.dispatch is not None or state.about.file_url is not None:
            (standing,) = await self._services.leases.standing(credential.organization, [session_id])
        if standing is None:
            await self._append(credential, session_id, hub_draft("session.status_changed", ending))
            return True
        if standing.ending is not None:
            return True
        grace = span_of(self._services.spans, state.about.dispatch, "leaving")
        return await self._services.endings.stop(
            credential.organization, session_id, standing, ending, grace=grace
        )

    def _wants(self, data: SessionCreated) -> Wants | None:
        """The bot that a new session asks for."""
        # A file is looked at first: only audio and video take a bot.
        if data.dispatch is None or data.file_url is not None:
            return None
        at = data.scheduled_for
        return wanted(
            data.dispatch,
            offered_as(data.platform),
            attempts=self._services.settings.bot_attempts,
            spans=self._services.spans,
            at=milliseconds_of(at) if isinstance(at, datetime) else 0,
        )

    async def _check_time(self, credential: Credential, asked: CreateSession, key: str | None) -> None:
        """Refuse a time in the past, by the clock that sessions are offered by."""
        moment = asked.scheduled_for
        if not isinstance(moment, datetime):
            return
        late = await self._services.leases.now() - milliseconds_of(moment)
        # A retry of a creation that came in time may come late.
        known = key and await self._services.directory.is_known(credential.organization, key)
        if late > SOON * 1000 and not known:
            raise HubError("invalid_field", "`scheduled_for` is in the past.", field="$.scheduled_for")

    async def _check_topic(self, credential: Credential, asked: Details, key: str | None = None) -> None:
        """Refuse a topic that there is not, unless it was there when `key` created the session."""
        topic_id, organization = asked.topic_id, credential.organization
        if not isinstance(topic_id, str) or await self._services.topics.find(organization, topic_id):
            return
        if not (key and await self._services.directory.is_known(organization, key)):
            raise HubError("invalid_field", "There is no such topic.", field="$.topic_id")

    async def _append(self, credential: Credential, session_id: str, draft: Draft) -> None:
        await self._services.appending.append(credential.organization, session_id, [draft], ends=True)

    async def _session(self, credential: Credential, session_id: str) -> Session:
        return view.session_view(await self.state(credential, session_id))

    async def _past(self, credential: Credential, session_id: str, as_of: EntryId) -> State:
        """The state as of an entry."""
        key = (credential.organization, session_id)
        if await self._services.streams.head(*key) is None:
            raise HubError("session_not_found")
        reason = await self._services.streams.judge(session_source(*key), as_of)
        if reason is not None:
            message = "The session has no entry with the id `as_of`."
            raise HubError("invalid_parameter", message, field="as_of", reason=reason)
        return await self._services.states.at(*key, as_of)


def _idempotency_key(request: Request) -> str | None:
    value = request.headers.get("idempotency-key")
    if value is None:
        return None
    try:
        return msgspec.convert(value, IdempotencyKey)
    except msgspec.ValidationError:
        raise HubError(
            "invalid_field", "1 to 128 printable ASCII characters.", field="Idempotency-Key"
        ) from None


def _created(asked: CreateSession, credential: Credential, file: FileUrl | None) -> SessionCreated:
    platform = None
    for name in ("meeting_link", "scheduled_for"):
        if file is not None and getattr(asked, name) not in (None, UNSET):
            message = f"`file_url` and `{name}` cannot go together."
            raise HubError("invalid_field", message, field=f"$.{name}")
    if asked.meeting_link is not None:
        try:
            platform = platform_of(asked.meeting_link)
        except ValueError as error:
            raise HubError("invalid_field", f"{error}.", field="$.meeting_link") from None
    said: dict[str, Any] = {name: getattr(asked, name) for name in Details.__struct_fields__}
    if said["user"] in (None, UNSET):
        said["user"] = credential.user
    return SessionCreated(
        number=0,
        # A file waits for its turn.
        status=Status.SCHEDULED if file or isinstance(asked.scheduled_for, datetime) else Status.INITIALIZING,
        organization=credential.organization,
        meeting_id=asked.meeting_id,
        meeting_link=asked.meeting_link,
        file_url=None if file is None else file.shown,
        platform=platform,
        dispatch=asked.dispatch,
        **said,
    )


def _ending(state: State, reason: str | None) -> StatusChanged:
    """How a session ends that is stopped."""
    admitted = state.status in ADMITTED or state.started is not None
    return StatusChanged(
        status=Status.COMPLETED if admitted else Status.FAILED,
        reason=reason or "stopped",
        # A session whose bot never got in was not completed.
        code="STOPPED" if admitted else "CANCELLED",
    )
