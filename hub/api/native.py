"""The native API: its resources, each with its routes, and with what they do as functions.

The functions are for who gives the same in other shapes (`hub.compat`): they take a credential that was
looked at and values of `schemas`. Only whose a stream is, is asked of a request: that may wait for the store.
"""

from starlette.routing import BaseRoute

from hub.api.access import Access
from hub.api.analytics import Analytics
from hub.api.artifacts import Artifacts
from hub.api.bots import Bots
from hub.api.downloads import Downloads
from hub.api.entries import Entries
from hub.api.events import Events
from hub.api.health import Health
from hub.api.keys import Keys
from hub.api.meetings import Meetings
from hub.api.participants import Participants
from hub.api.services import Services
from hub.api.session_list import SessionLists
from hub.api.sessions import Sessions
from hub.api.streams import Streams
from hub.api.summary import Summary
from hub.api.tokens import Tokens
from hub.api.topics import Topics
from hub.api.transcript import Transcript


class Native:
    """All resources of one hub."""

    def __init__(self, services: Services) -> None:
        self.public_url = services.settings.public_url
        """Where clients reach the hub; empty: where they say that they do."""
        self.retention = services.settings.retention
        """Seconds for which a sealed session is kept."""
        self.authenticator = services.authenticator
        self.access = Access(services)
        self.sessions = Sessions(services)
        self.lists = SessionLists(services)
        self.analytics = Analytics(services)
        self.transcript = Transcript(services)
        self.participants = Participants(services)
        self.entries = Entries(services)
        self.artifacts = Artifacts(services)
        self.events = Events(services)
        self.bots = Bots(services)
        self.streams = Streams(services)
        self.summary = Summary(services)
        self.downloads = Downloads(services)
        self.meetings = Meetings(services)
        self.topics = Topics(services)
        self.tokens = Tokens(services)
        self.keys = Keys(services)
        self.health = Health(services)

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            *self.sessions.routes(),
            *self.lists.routes(),
            *self.analytics.routes(),
            *self.transcript.routes(),
            *self.participants.routes(),
            *self.entries.routes(),
            *self.artifacts.routes(),
            *self.events.routes(),
            *self.bots.routes(),
            *self.streams.routes(),
            *self.summary.routes(),
            *self.downloads.routes(),
            *self.meetings.routes(),
            *self.topics.routes(),
            *self.tokens.routes(),
            *self.keys.routes(),
            *self.health.routes(),
        ]
