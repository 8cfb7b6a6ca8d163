"""What the routes work with; made by the composition root."""

from collections.abc import Sequence

from msgspec import Struct
from starlette.requests import Request

from hub.bots.dispatcher import Dispatcher
from hub.bots.endings import Endings
from hub.bots.heartbeats import Heartbeats
from hub.bots.leasing import Leasing
from hub.bots.roster import Roster
from hub.core.lease import Defaults
from hub.edge.auth import Authenticator, Credential
from hub.edge.connections import Connections
from hub.edge.metrics import Metrics
from hub.edge.negotiation import accepted
from hub.edge.publishing import Publishing
from hub.imports.imports import Imports
from hub.live.appending import Appending
from hub.live.chats import Chats
from hub.live.checkpointer import Checkpointer
from hub.live.reads import Reads
from hub.live.registry import Registry
from hub.live.states import States
from hub.live.talk_times import TalkTimes
from hub.live.transcripts import Transcripts
from hub.settings import Settings
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.keys import Keys
from hub.store.leases import Leases
from hub.store.listing import Listing
from hub.store.meetings import Meetings
from hub.store.streams import Streams
from hub.store.tallies import Tallies
from hub.store.topics import Topics
from hub.summary.summaries import Summaries
from schemas.requests import Scope


class Services(Struct, frozen=True, kw_only=True):
    """The parts of one hub."""

    settings: Settings
    client: Client
    streams: Streams
    directory: Directory
    listing: Listing
    tallies: Tallies
    meetings: Meetings
    topics: Topics
    keys: Keys
    states: States
    reads: Reads
    transcripts: Transcripts
    chats: Chats
    talk_times: TalkTimes
    registry: Registry
    appending: Appending
    summaries: Summaries
    leases: Leases
    endings: Endings
    spans: Defaults
    imports: Imports
    leasing: Leasing
    heartbeats: Heartbeats
    roster: Roster
    dispatcher: Dispatcher
    checkpointer: Checkpointer
    authenticator: Authenticator
    connections: Connections
    publishing: Publishing
    metrics: Metrics

    async def allowed(
        self, request: Request, scope: Scope, *, gives: Sequence[str] = ("application/json",)
    ) -> Credential:
        """The credential of a request that may do something, and takes what it will be given.

        Args:
            request: Its `Authorization` and `Accept` are read.
            scope: What it must be allowed.
            gives: Content types that the answer may have; none: it is not known yet.

        Raises:
            HubError: `missing_credential`, `invalid_credential`, `missing_scope`, `not_acceptable`.
            Unavailable.
        """
        credential = await self.authenticator.connection(request)
        credential.require(scope)
        if gives:
            accepted(request.headers, *gives)
        return credential
