"""A stage for one organization on one hub: publish, follow over either transport, and what must be seen."""

import asyncio
import socket
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import websockets
from contract.streaming.followers import (
    PATIENCE,
    RECEIVE_BUFFER,
    Follower,
    Frame,
    SocketFollower,
    SseFollower,
    Transport,
)
from delivery.judge import folded, stored
from servers import HubServer, RedisServer, Way

from hub.core import view
from hub.edge import tokens
from schemas import codec
from schemas.events import Channel, channel_of

Event = dict[str, Any]


def segment(
    name: str, *, revision: int = 0, final: bool = False, text: str = "Hello.", start: float = 1.0
) -> Event:
    data = {"segment_id": name, "revision": revision, "final": final, "text": text}
    return {"type": "transcript.segment", "data": data | {"start": start, "end": start + 1}}


def joined(name: str) -> Event:
    data = {"participant_id": name, "connection_id": f"{name}-1", "name": name.title()}
    return {"type": "participant.joined", "data": data}


def message(number: int) -> Event:
    return {"type": "chat.message", "data": {"message_id": f"m{number}", "text": f"Message {number}"}}


def line(number: int, level: str = "info") -> Event:
    return {"type": "log.entry", "data": {"level": level, "message": f"Line {number}"}}


def custom(number: int, **more: Any) -> Event:
    return {"type": "x.number", "data": {"number": number} | more}


def status(name: str) -> Event:
    return {"type": "session.status_changed", "data": {"status": name}}


def chapter(start: float) -> Event:
    return {"type": "chapter.added", "data": {"title": f"At {start}", "start": start}}


def of_every_channel(number: int = 0) -> list[Event]:
    """One event of each channel."""
    return [
        {"type": "session.updated", "data": {"title": f"Title {number}"}},
        joined(f"ada{number}"),
        segment(f"s{number}", final=True, start=number),
        message(number),
        chapter(number),
        line(number),
        custom(number),
    ]


class Stage:
    """One organization on one hub; `on_stage` makes one.

    Args:
        hub: To talk to.
        redis_server: What the hub keeps its entries in.
        key: An API key.
        organization: Whose it is.
        client: With the key.
        narrow: Without; its sockets have a small receive buffer.
    """

    def __init__(
        self,
        hub: HubServer,
        redis_server: RedisServer,
        key: str,
        organization: str,
        *,
        client: httpx.AsyncClient,
        narrow: httpx.AsyncClient,
    ) -> None:
        self.hub = hub
        self.redis = redis_server
        self.key = key
        self.organization = organization
        self.client = client
        self._narrow = narrow
        self._followers: list[Follower] = []

    # What publishers do.

    async def create(self, **fields: Any) -> str:
        """A new session's id."""
        answer = await self.client.post("/v1/sessions", json=fields)
        answer.raise_for_status()
        return answer.json()["id"]

    async def publish(self, session_id: str, *events: Event) -> list[str]:
        """Publish in one request; the entry ids."""
        answer = await self.client.post(f"/v1/sessions/{session_id}/events", json=events)
        assert answer.status_code == 200, answer.text
        return [entry["id"] for entry in answer.json()["entries"]]

    async def persist(self, session_id: str, event: Event) -> str:
        """Publish one event until it is acknowledged, also while the store or the hub is away."""
        body = event | {"idempotency_key": uuid.uuid4().hex}
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    answer = await self.client.post(f"/v1/sessions/{session_id}/events", json=body)
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
                    continue
                if answer.status_code == 200:
                    return answer.json()["entries"][0]["id"]
                assert answer.status_code == 503, answer.text
                assert "retry-after" in answer.headers
                await asyncio.sleep(0.02)

    async def end(self, session_id: str) -> None:
        """End a session and seal it."""
        await self.post(f"/v1/sessions/{session_id}/stop")
        await self.post(f"/v1/sessions/{session_id}/seal")

    async def post(self, path: str, body: Any = None) -> Any:
        answer = await self.client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    async def delete(self, session_id: str) -> None:
        assert (await self.client.delete(f"/v1/sessions/{session_id}")).status_code == 204

    async def get(self, path: str) -> Any:
        answer = await self.client.get(path)
        answer.raise_for_status()
        return answer.json()

    async def token(self, session_id: str | None, *, seconds: float) -> str:
        """A stream token of any lifetime; `POST /v1/tokens` makes none shorter than 10 s."""
        await self.post("/v1/tokens", {"session_id": session_id})
        with self.redis.client() as store:
            secret = store.get("hub:secret")
        claims = tokens.Claims(
            organization=self.organization,
            key_id=self.key.split("_")[1],
            session_id=session_id,
            channels=frozenset(Channel),
            expires=int((time.time() + seconds) * 1000),
        )
        assert isinstance(secret, bytes)
        return tokens.sign(claims, secret)

    # What subscribers do.

    async def follow(self, transport: Transport, session_id: str | None, **options: Any) -> Follower:
        """Follow a session, or with None the feed; options as `sse` and `subscribe` take them."""
        if transport == "sse":
            follower = await self.sse(session_id, **options)
            assert follower.answer.status_code == 200, follower.answer.text
            return follower
        narrow = options.pop("narrow", False)
        credential = options.pop("credential", self.key)
        follower = await self.socket(credential=credential, narrow=narrow)
        await self.subscribe(follower, session_id, **options)
        return follower

    async def sse(
        self,
        session_id: str | None,
        *,
        after: str | None = None,
        form: str = "",
        credential: str | None = None,
        narrow: bool = False,
        **parameters: Any,
    ) -> SseFollower:
        """Open a stream; `form` is that of one channel, such as `/logs`."""
        path = "/v1/stream" if session_id is None else f"/v1/sessions/{session_id}{form}/stream"
        if "channels" in parameters:
            parameters["channels"] = ",".join(parameters["channels"])
        if isinstance(parameters.get("late"), bool):
            parameters["late"] = str(parameters["late"]).lower()
        headers = {"Authorization": f"Bearer {credential or self.key}"}
        if after is not None:
            headers["Last-Event-ID"] = after
        follower = SseFollower(
            self._narrow if narrow else self.client,
            f"{path}?{urlencode(parameters)}" if parameters else path,
            headers,
            is_named=parameters.get("framing") != "message",
        )
        self._followers.append(follower)
        await follower.open()
        return follower

    async def socket(
        self, *, credential: str | None = "", narrow: bool = False, **options: Any
    ) -> SocketFollower:
        """Open a socket; by default with the stage's key, with None without a credential."""
        credential = self.key if credential == "" else credential
        headers = {} if credential is None else {"Authorization": f"Bearer {credential}"}
        options = {"subprotocols": ["hub.v1"], "additional_headers": headers} | options
        if narrow:
            raw = socket.socket()
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            raw.setblocking(False)
            await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self.hub.port))
            options |= {"sock": raw, "max_queue": 1}
        connection = await websockets.connect(
            self.hub.url.replace("http", "ws", 1) + "/v1/ws",
            max_size=None,
            ping_interval=None,
            compression=None,
            open_timeout=PATIENCE,
            **options,
        )
        follower = SocketFollower(connection)
        self._followers.append(follower)
        return follower

    async def subscribe(self, follower: SocketFollower, session_id: str | None, **options: Any) -> Frame:
        """Subscribe on a socket; the reply, which comes before the first frame."""
        if session_id is not None:
            options["session_id"] = session_id
        return await follower.done(op="subscribe", **options)

    async def caught_up(self, transport: Transport, session_id: str | None, **options: Any) -> Follower:
        """Follow, and read up to the first bookmark."""
        follower = await self.follow(transport, session_id, **options)
        await follower.until("bookmark")
        return follower

    async def leave(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(follower.close() for follower in self._followers))
        self._followers.clear()

    # What must be seen.

    def stored(self, session_id: str) -> list[dict[str, Any]]:
        """The entries that the store holds."""
        with self.redis.client() as store:
            return stored(store, self.organization, session_id)

    def wanted(
        self, session_id: str, after: str = "0-0", channels: Sequence[str] = tuple(Channel)
    ) -> list[str]:
        """The ids that a subscriber to `channels` is to see after a cursor."""
        seq = int(after.split("-")[1])
        return [
            entry["id"]
            for entry in self.stored(session_id)
            if int(entry["id"].split("-")[1]) > seq and channel_of(entry["type"]) in channels
        ]

    def snapshot_at(
        self, session_id: str, entry_id: str, channels: Sequence[str] = tuple(Channel)
    ) -> dict[str, Any]:
        """What a snapshot at an entry must be: the fold of the stored entries up to it."""
        state = folded(session_id, self.stored(session_id), entry_id)
        wanted = frozenset(Channel(name) for name in channels)
        return codec.decode(codec.encode(view.snapshot(state, wanted)))

    async def metric(self, name: str, **labels: str) -> float:
        """A number of `/metrics`; 0 if it is not there yet."""
        text = (await self.client.get("/metrics")).text
        inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
        start = f"{name}{{{inside}}} " if labels else f"{name} "
        return sum(float(row.removeprefix(start)) for row in text.splitlines() if row.startswith(start))


@asynccontextmanager
async def on_stage(
    hub: HubServer, redis_server: RedisServer, organization: str | None = None
) -> AsyncIterator[Stage]:
    """A stage for a new organization, or for one that has a stage on another hub."""
    name = organization or f"org-{uuid.uuid4().hex[:12]}"
    key = hub.make_key(name)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    headers = {"Authorization": f"Bearer {key}"}
    option = (socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    async with (
        httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(verify=False, limits=limits),
            base_url=hub.url,
            headers=headers,
            timeout=PATIENCE,
        ) as client,
        httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(verify=False, limits=limits, socket_options=[option]),
            base_url=hub.url,
            timeout=PATIENCE,
        ) as narrow,
    ):
        stage = Stage(hub, redis_server, key, name, client=client, narrow=narrow)
        try:
            yield stage
        finally:
            await stage.leave()


@asynccontextmanager
async def hub_with(
    folder: Path,
    redis_server: RedisServer,
    organization: str | None = None,
    way: Way = "direct",
    **settings: str,
) -> AsyncIterator[Stage]:
    """A stage on a hub of its own, with settings such as `LINGER="0.2"`."""
    server = HubServer(folder, redis_server, {f"HUB_{name}": value for name, value in settings.items()}, way)
    await asyncio.to_thread(server.start)
    try:
        async with on_stage(server, redis_server, organization) as stage:
            yield stage
    finally:
        await asyncio.to_thread(server.stop)


async def eventually(condition: Callable[[], Awaitable[Any]], what: str, deadline: float = PATIENCE) -> Any:
    """Poll an async condition until it is true; its value."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        value = await condition()
        if value:
            return value
        await asyncio.sleep(0.02)
    raise AssertionError(f"never came about: {what}")
