"""The composition root: the parts of one hub, and the ASGI application around them."""

import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.events import Events, addressed
from hub.api.native import Native
from hub.api.services import Services
from hub.bots.deadlines import Deadlines
from hub.bots.dispatcher import Dispatcher
from hub.bots.endings import Endings
from hub.bots.heartbeats import Heartbeats
from hub.bots.leasing import Leasing
from hub.bots.roster import Roster
from hub.compat import systems
from hub.core.lease import MEDIA, Defaults, Wants, wanted
from hub.edge import middleware
from hub.edge.auth import Authenticator
from hub.edge.connections import Connections
from hub.edge.metrics import Metrics
from hub.edge.publishing import Publishing
from hub.errors import HubError
from hub.imports.fetch import Fetcher
from hub.imports.importer import Importer
from hub.imports.imports import Imports
from hub.live.appending import Appending
from hub.live.chats import Chats
from hub.live.checkpointer import Checkpointer
from hub.live.reads import Reads
from hub.live.registry import Registry
from hub.live.runner import Runner
from hub.live.states import States
from hub.live.sweeper import Sweeper
from hub.live.talk_times import TalkTimes
from hub.live.transcripts import Transcripts
from hub.settings import Settings
from hub.store import layout
from hub.store.access_tokens import AccessTokens
from hub.store.appender import Appender
from hub.store.checkpoints import Checkpoints
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.jobs import Jobs
from hub.store.keys import Keys
from hub.store.leases import Leases
from hub.store.listing import Listing
from hub.store.meetings import Meetings
from hub.store.streams import Limits, Streams
from hub.store.tallies import Tallies
from hub.store.topics import Topics
from hub.summary.completions import Completions
from hub.summary.extractive import Extractive
from hub.summary.generator import Generator
from hub.summary.spoken import Spoken
from hub.summary.summaries import Summaries
from hub.summary.writer import Writer
from hub.web.routes import routes as page_routes
from schemas.dispatch import Dispatch

_log = logging.getLogger("hub")

CORS_HEADERS = ("authorization", "last-event-id", "content-type", "idempotency-key")
CORS_MAX_AGE = 600
LOOK = 0.5
"""Seconds between looks for deadlines that are over, at most."""


class Hub:
    """One hub.

    Args:
        settings: Its settings.
        redis_url: What to connect to; the embedded Redis or the one that was set.
        api_key: The bootstrap admin key.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        redis_url: str,
        api_key: str,
    ) -> None:
        timeout, spans = settings.store_timeout, _spans(settings)
        retention = int(settings.retention * 1000)
        client = Client(redis_url, timeout)
        self._client = client
        self._appender = Appender(client)
        streams = Streams(
            client,
            self._appender,
            retention=retention,
            logs_kept=settings.logs_kept,
            feed_kept=settings.feed_kept,
            limits=Limits(settings.max_entries, settings.max_bytes, settings.max_rate),
            spans=spans,
        )
        checkpoints = Checkpoints(client, feed_kept=settings.feed_kept)
        directory = Directory(
            client, retention=retention, feed_kept=settings.feed_kept, most=settings.max_sessions
        )
        keys = Keys(client)
        metrics = Metrics()
        authenticator = Authenticator(keys, AccessTokens(client), api_key)
        states = States(streams, checkpoints)
        transcripts = Transcripts(states, checkpoints)
        checkpointer = Checkpointer(states, checkpoints)
        registry = Registry(
            client,
            streams=streams,
            states=states,
            directory=directory,
            observer=metrics,
            ring=settings.ring,
            linger=settings.linger,
            ping_interval=settings.ping_interval,
        )
        appending = Appending(streams, checkpointer, registry)
        self._sweeper = Sweeper(
            directory,
            appending,
            idle_timeout=int(settings.idle_timeout * 1000),
            late_window=int(settings.late_window * 1000),
        )
        leases = Leases(client, f"hub-{secrets.token_hex(8)}")
        endings = Endings(appending, metrics.lease_lost)
        self._deadlines = Deadlines(leases, directory, endings, states, spans)
        listing = Listing(client)
        jobs = Jobs(client, layout.SUMMARIES, busy="summaries_busy")
        summaries = Summaries(jobs, states, appending)
        writer = Writer(Spoken(transcripts), appending, _generator(settings), ended=metrics.summarized)
        self._summaries = Runner(jobs, writer, noun="summary")
        may_fetch = settings.fetchable
        files = Jobs(client, layout.IMPORTS, busy="imports_busy")
        fetcher = Fetcher(allowed=may_fetch, max_bytes=settings.fetch_max, timeout=settings.fetch_timeout)
        importer = Importer(
            fetcher,
            states=states,
            directory=directory,
            appending=appending,
            wants=partial(_media_bot, settings.bot_attempts, spans),
            ended=metrics.imported,
        )
        self._imports = Runner(files, importer, noun="import")
        reads = Reads(registry, streams, states)
        leasing = Leasing(
            leases,
            directory=directory,
            streams=streams,
            appending=appending,
            endings=endings,
            milliseconds=int(settings.lease * 1000),
        )
        roster = Roster()
        self.on_failure: Callable[[], None] | None = None
        """Called when one of the long tasks has failed: the process should end."""
        self.services = Services(
            settings=settings,
            client=client,
            streams=streams,
            directory=directory,
            listing=listing,
            tallies=Tallies(client, listing),
            meetings=Meetings(client),
            topics=Topics(client),
            keys=keys,
            states=states,
            reads=reads,
            transcripts=transcripts,
            chats=Chats(streams),
            talk_times=TalkTimes(states, transcripts),
            registry=registry,
            appending=appending,
            summaries=summaries,
            leases=leases,
            endings=endings,
            spans=spans,
            imports=Imports(files, may_fetch),
            leasing=leasing,
            heartbeats=Heartbeats(leasing, roster),
            roster=roster,
            dispatcher=Dispatcher(client, roster=roster, leases=leases, leasing=leasing, reads=reads),
            checkpointer=checkpointer,
            authenticator=authenticator,
            connections=Connections(authenticator, metrics),
            publishing=Publishing(streams, appending, metrics),
            metrics=metrics,
        )

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Run the long tasks, all in one task group."""
        services, settings = self.services, self.services.settings
        try:
            async with anyio.create_task_group() as tasks:

                def start(name: str, work: Callable[[], Awaitable[None]]) -> None:
                    tasks.start_soon(self._supervised, name, work, name=name)

                start("appender", self._appender.run)
                start("checkpointer", services.checkpointer.run)
                start("sweeper", lambda: self._sweeper.run(settings.sweep_interval))
                start("deadlines", lambda: self._deadlines.run(min(settings.sweep_interval, LOOK)))
                start("summaries", lambda: self._summaries.run(settings.sweep_interval))
                start("imports", lambda: self._imports.run(settings.sweep_interval))
                start("dispatcher", services.dispatcher.run)
                start("connections", services.connections.watch)
                start("registry", lambda: services.registry.run(sweep_interval=settings.sweep_interval))
                yield
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await services.checkpointer.finish()
                await self._client.aclose()

    async def _supervised(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:
            _log.critical("%s has failed; the hub stops", name, exc_info=True)
            if self.on_failure is not None:
                self.on_failure()

    async def drain(self) -> None:
        """End all streams and sockets in order."""
        await self.services.connections.drain(self.services.settings.drain_timeout)

    def application(
        self, running: Callable[[], AbstractAsyncContextManager[None]] | None = None
    ) -> Starlette:
        """The ASGI application; its lifespan runs the hub.

        Args:
            running: What its lifespan is, if it is more than `Hub.running`.
        """

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
            async with (running or self.running)():
                yield

        app = _Application(
            Events(self.services),
            routes=routes(self.services),
            lifespan=lifespan,
            middleware=_middleware(self.services.settings),
            exception_handlers={HubError: middleware.handle, HTTPException: _refuse},
        )
        # A path with a slash too many is no other path's: 404 in the envelope, not a redirect.
        app.router.redirect_slashes = False
        return app


class _Application(Starlette):
    """Starlette, past whose middlewares and routing events are published: they cost more than to append one.

    Requests of pages go through them, for CORS.

    Args:
        publishing: What is at the route of events.
        options: Of Starlette.
    """

    def __init__(self, publishing: ASGIApp, **options: Any) -> None:
        super().__init__(**options)
        self._publishing = middleware.Tracing(publishing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        session_id = addressed(scope)
        if session_id is None or any(name == b"origin" for name, _value in scope["headers"]):
            await super().__call__(scope, receive, send)
        else:
            scope["path_params"] = {"session_id": session_id}
            await self._publishing(scope, receive, send)


def routes(services: Services) -> list[BaseRoute]:
    """All routes of the hub."""
    native = Native(services)
    return [*native.routes(), *systems.routes(native), *page_routes()]


def _generator(settings: Settings) -> Generator:
    if not settings.summary_url:
        return Extractive()
    return Completions(
        url=settings.summary_url,
        model=settings.summary_model,
        key=settings.summary_key,
        timeout=settings.summary_timeout,
    )


def _middleware(settings: Settings) -> list[Middleware]:
    stack = [Middleware(middleware.Tracing)]
    if settings.origins:
        stack.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.origins,
                allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
                allow_headers=CORS_HEADERS,
                expose_headers=("X-Trace-Id", "Retry-After", "Location"),
                max_age=CORS_MAX_AGE,
            )
        )
    return stack


async def _refuse(request: Request, exception: Exception) -> Response:
    """Starlette's own refusals, in the envelope."""
    if not isinstance(exception, HTTPException):
        raise exception
    code = {404: "route_not_found", 405: "method_not_allowed"}.get(exception.status_code, "internal")
    response = await middleware.handle(request, HubError(code))
    if exception.status_code == 405:
        response.headers["Allow"] = middleware.methods(request.app.routes, request.scope)
    return response


def _media_bot(attempts: int, spans: Defaults, asked: Dispatch, file: str) -> Wants:
    return wanted(asked, MEDIA, attempts=attempts, spans=spans, file=file)


def _spans(settings: Settings) -> Defaults:
    names = [name for name in Defaults.__struct_fields__ if name != "lead"]
    own = {name: int(getattr(settings, f"deadline_{name}") * 1000) for name in names}
    return Defaults(**own, lead=int(settings.bot_lead * 1000))
