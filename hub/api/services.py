"""What the routes work with; made by the composition root."""

from msgspec import Struct

from hub.edge.auth import Authenticator
from hub.edge.connections import Connections
from hub.edge.metrics import Metrics
from hub.edge.publishing import Publishing
from hub.live.appending import Appending
from hub.live.checkpointer import Checkpointer
from hub.live.registry import Registry
from hub.live.states import States
from hub.settings import Settings
from hub.store.client import Client
from hub.store.directory import Directory
from hub.store.keys import Keys
from hub.store.streams import Streams


class Services(Struct, frozen=True, kw_only=True):
    """The parts of one hub."""

    settings: Settings
    client: Client
    streams: Streams
    directory: Directory
    keys: Keys
    states: States
    registry: Registry
    appending: Appending
    checkpointer: Checkpointer
    authenticator: Authenticator
    connections: Connections
    publishing: Publishing
    metrics: Metrics
