"""What the operations of published systems are asked of: what was staged natively, as each of them names it.

A system whose operations need more than ids of sessions and meetings has a row here.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import httpx
from contract.api.asking import NOBODY, created, event, found, new, published, status, taken

from documents.found import SESSION_ID
from documents.seeded import EVENTS
from hub.compat import ids
from hub.core.stand_in import number_of

MEETING_ID = "mtg-42"
DETAILS: dict[str, Any] = {
    "title": "Weekly",
    "meeting_link": "https://meet.google.com/abc-defg-hij",
    "host": {"id": "u-1", "first_name": "Ann", "last_name": "Lee", "email": "ann@example.org"},
    "user": {"id": "u-1", "first_name": "Ann", "last_name": "Lee", "email": "ann@example.org"},
    "bot_name": "Notes",
    "location": "Room 7",
    "starts_at": "2026-01-31T09:30:00Z",
    "attendees": [{"email": "ben@example.org", "name": "Ben", "response_status": "accepted"}],
    "product": "pro",
    "sources": [{"id": "cam-1", "name": "Camera", "type": "video", "device": "local_camera"}],
    "config": {"removeMedia": True},
}
"""What is said of the session that the documents show."""


class Ground(NamedTuple):
    """An organization, and what is in it."""

    url: str
    """Of the hub."""
    organization: str
    key: str
    """An admin's."""
    session_id: str
    number: int
    """Of the session."""
    meeting_id: str
    topic: int
    """Number of a topic."""

    def nowhere(self) -> "Ground":
        """The same organization, with names of nothing."""
        return self._replace(session_id=NOBODY, number=999_999, meeting_id="nobody", topic=999_999)

    def other(self, admin: httpx.Client) -> "Ground":
        """The same with a new session, that is live and of the same meeting."""
        session_id = new(admin, meeting_id=self.meeting_id)
        said = event("transcript.segment", segment_id="s", final=True, text="Hello.", start=0, end=1)
        published(admin, session_id, status("active"), said)
        return self._replace(session_id=session_id, number=found(admin, session_id)["number"])


EXAMPLE = Ground("", "acme", "sk_0123456789abcdef_…", SESSION_ID, 1, MEETING_ID, 1)
"""What the documents show."""


def staged(url: str, admin: httpx.Client, key: str) -> Ground:
    """A session that has something of everything, in the organization of an admin."""
    admin.put(f"/v1/meetings/{MEETING_ID}", json={"title": "Quarterly"}).raise_for_status()
    topic = taken(admin.post("/v1/topics", json={"name": "Sales"}), 201)
    native = created(admin, meeting_id=MEETING_ID, topic_id=topic["id"], **DETAILS)
    published(admin, native["id"], *EVENTS)
    taken(admin.post(f"/v1/sessions/{native['id']}/heartbeat", json={"state": "working"}))
    organization = native["organization"]
    return Ground(url, organization, key, native["id"], native["number"], MEETING_ID, topic["number"])


def _bearer(ground: Ground) -> dict[str, str]:
    return {"Authorization": f"Bearer {ground.key}"}


def _native(ground: Ground) -> dict[str, Any]:
    return {
        "sessionId": ground.session_id,
        "session_id": ground.session_id,
        "meetingId": ground.meeting_id,
        "meeting_id": ground.meeting_id,
    }


def _client(ground: Ground) -> dict[str, str]:
    """Client credentials: the parts of an API key."""
    _prefix, key_id, secret = ground.key.split("_")
    return {"client_id": key_id, "client_secret": secret}


def _signature(ground: Ground) -> dict[str, Any]:
    """What is in the URL of a transcript that realtimekit gives out."""
    row = ROWS["realtimekit"]
    if not ground.url:
        return {"signature": "…"}
    path = "/accounts/{account_id}/realtime/kit/{app_id}/sessions/{session_id}/transcript"
    url = f"{ground.url}/compat/realtimekit{path.format_map(dict(row.paths(ground)))}"
    given = httpx.get(url, params={"format": "VTT"}, headers=row.headers(ground))
    if not given.is_success:
        return {"signature": "none"}
    return {"signature": httpx.URL(given.json()["data"]["transcript_download_url"]).params["signature"]}


class Row(NamedTuple):
    """What a system needs."""

    paths: Callable[[Ground], Mapping[str, Any]] = _native
    """What is in paths, by its name there."""
    bodies: Mapping[str, Callable[[Ground], dict[str, Any]]] = {}
    """A body or form of each operation that takes one."""
    queries: Mapping[str, Callable[[Ground], dict[str, Any]]] = {}
    """What an operation is asked with if that is not nothing."""
    given: Mapping[str, Collection[str]] = {}
    """Fields of these that nobody can make up, by operation."""
    headers: Callable[[Ground], Mapping[str, str]] = _bearer
    """How requests are signed."""
    texts: Mapping[str, str] = {}
    """Patterns of texts that are others in each run, and what stands for them."""
    varying: Collection[str] = ()
    """Fields of numbers that are."""

    numbers: Callable[[Ground], Mapping[int, int]] = lambda _ground: {}
    """Numbers that are others in each run, and what stands for them."""

    def body(self, name: str, ground: Ground) -> dict[str, Any] | None:
        """The body or form of an operation."""
        return self.bodies[name](ground) if name in self.bodies else None

    def query(self, name: str, ground: Ground) -> dict[str, Any]:
        """What an operation is asked with."""
        return self.queries[name](ground) if name in self.queries else {}


ROWS: dict[str, Row] = {
    "realtimekit": Row(
        paths=lambda ground: {
            "account_id": ground.organization,
            "app_id": ground.organization,
            "session_id": ids.to_uuid(ground.session_id),
            "participant_id": ids.to_peer(ground.session_id, "p-1"),
            "peer_id": ids.to_peer(ground.session_id, "p-1", "c-1"),
            "file": "transcript.vtt",
        },
        queries={
            "get_session_participants": lambda _ground: {"view": "raw", "include_peer_events": True},
            "get_session_transcripts": lambda _ground: {"format": "VTT"},
            "download": _signature,
        },
        given={"download": ("signature",)},
        # 16 characters of an id carry the session.
        texts={r"(?<![\w-])[\w-]{16}(cC0[xy](AGMtM\w)?)\b": r"AAAAAAAAAAAAAAAA\1"},
        varying=("minutes_consumed", "duration"),
    ),
    "emogg": Row(
        paths=lambda ground: {"sessionId": ids.to_hex(ground.session_id)},
        bodies={
            "create_session": lambda ground: {"name": "Pitch", "streamUri": "rtmp://example.com/live"},
            "rename_session": lambda ground: {"name": "Final pitch"},
        },
        queries={"list_sessions": lambda ground: {"state": "active", "limit": 10}},
        varying=("duration",),
    ),
    "meemo": Row(
        paths=lambda ground: {"id": str(ground.number)},
        bodies={
            "get_token": lambda ground: {"grant_type": "client_credentials", **_client(ground)},
            "revoke_token": lambda ground: {**_client(ground), "token": "at_0123456789abcdef_…"},
            "create_meeting": lambda ground: {
                "organization_id": number_of(ground.organization),
                "title": "Weekly",
                "bot_meeting_url": DETAILS["meeting_link"],
                "participants": ["ben@example.org"],
            },
        },
        queries={"list_meetings": lambda _ground: {"title": "week", "size": 10}},
        given={
            "get_token": ("grant_type", "client_id", "client_secret"),
            "revoke_token": ("client_id", "client_secret"),
            "create_meeting": ("organization_id",),
        },
        texts={r"at_[0-9a-f]{16}_[0-9a-f]{48}": "at_0123456789abcdef_…", r"org-[0-9a-f]{12}": "acme"},
        varying=("duration_seconds",),
        numbers=lambda ground: {number_of(ground.organization): number_of("acme")},
    ),
    "meeting-buddy": Row(
        paths=lambda ground: {"session_id": ids.to_prefixed(ground.session_id, "mbsess_")},
        bodies={
            "start_session": lambda ground: {"meeting_link": DETAILS["meeting_link"], "bot_name": "Notes"},
        },
        given={"start_session": ("meeting_link",)},
        texts={r"mb(sess|trans)_[0-9a-z]{20}": r"mb\1_0123456789abcdefghjk"},
        varying=("duration_so_far_seconds", "total_duration_seconds"),
    ),
}


def exchanged(value: Any, numbers: Mapping[int, int]) -> Any:
    """An answer with other numbers in place of these."""
    if isinstance(value, dict):
        return {key: exchanged(part, numbers) for key, part in value.items()}
    if isinstance(value, list):
        return [exchanged(part, numbers) for part in value]
    return numbers.get(value, value) if isinstance(value, int) else value


def row_of(name: str) -> Row:
    """The row of a system."""
    return ROWS.get(name, Row())
