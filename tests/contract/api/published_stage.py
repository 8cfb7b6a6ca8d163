"""Sessions that the requests of `published_endpoints.py` are made to: an organization with three of them."""

from typing import Any, NamedTuple

import httpx
from contract.api.asking import NOBODY, created, event, found, published, status, taken
from contract.api.published_fields import (
    ACTIVE,
    ATTENDEE,
    CALENDAR,
    CHAPTER,
    DONE,
    LINK,
    REPORT,
    SUMMARY,
    Said,
)
from contract.api.published_fields import recording as recorded


class Stage(NamedTuple):
    """An organization, who may ask for what is in it, and what its parts are called."""

    clients: dict[str, httpx.Client]
    """By the name of their key; `none` has none."""
    names: dict[str, str]

    @property
    def own(self) -> httpx.Client:
        """May publish, subscribe and manage."""
        return self.clients["own"]


def tick(api: httpx.Client, session_id: str) -> None:
    """Publish until some time has passed."""
    before = found(api, session_id)["updated_at"]
    while found(api, session_id)["updated_at"] <= before:
        published(api, session_id, event("x.tick"))


def _said(*rows: Said) -> list[dict[str, Any]]:
    return [event(row.where, **row.data) for row in rows]


def _joined(participant: str, connection: str, name: str, number: int) -> dict[str, Any]:
    return event(
        "participant.joined",
        participant_id=participant,
        connection_id=connection,
        name=name,
        user_id=f"u-{number}",
        custom_id=f"emp-{number}",
    )


def _spoken(segment: str, speaker: str, text: str, start: float, *, final: bool = True) -> dict[str, Any]:
    said = {"segment_id": segment, "text": text, "start": start, "end": start + 0.75, "final": final}
    return event("transcript.segment", speaker={"name": speaker}, **said)


def _weekly(api: httpx.Client, topic_id: str) -> dict[str, Any]:
    """A live session with everything in it."""
    weekly = created(
        api,
        title="Weekly planning",
        meeting_id="m-1",
        meeting_link=LINK,
        bot_name="Scribe",
        topic_id=topic_id,
        calendar_event=CALENDAR,
        attendees=[ATTENDEE],
    )
    session_id = weekly["id"]
    published(api, session_id, _joined("p-1", "c1", "Zoe", 1))
    tick(api, session_id)
    published(
        api,
        session_id,
        _joined("p-2", "c2", "Bob", 2),
        _joined("p-1", "c3", "Zoe", 1),
        *_said(ACTIVE),
        _spoken("s1", "Zoe", "Good morning.", 1.5),
        _spoken("s2", "Bob", "Let us pl", 3, final=False),
        _spoken("s0", "Zoe", "Well.", 0.25),
        event("breakout.opened", room_id="r1", title="Room 1"),
        event("chat.message", message_id="m1", text="hi", sender={"name": "Zoe", "participant_id": "p-1"}),
        event("chat.message", message_id="m2", text="=1+1"),
        event("log.entry", level="info", message="in the lobby"),
        event("log.entry", level="warning", message="slow network"),
        *_said(CHAPTER, SUMMARY, recorded(url="https://example.com/r.mp4", format="mp4", duration=61.5)),
        event("peer.report", participant_id="p-1", connection_id="c1", **REPORT),
    )
    return weekly


def staged(clients: dict[str, httpx.Client], organization: str, key_id: str) -> Stage:
    """What is on stage, for the rows to name.

    Args:
        clients: By the name of their key.
        organization: Theirs.
        key_id: Of a key of it that may be revoked.
    """
    api = clients["own"]
    taken(api.put("/v1/meetings/m-1", json={"title": "Weekly"}), 201)
    taken(api.put("/v1/meetings/m-2", json={"title": "Pitches"}), 201)
    taken(api.post("/v1/topics", json={"name": "Support"}), 201)
    topic = taken(api.post("/v1/topics", json={"name": "Sales"}), 201)
    pitch = created(api, title="Mobile World Congress Pitch", type="live_analysis", meeting_id="m-2")["id"]
    published(api, pitch, event("participant.joined", participant_id="cem", connection_id="x1", name="Cem"))
    tick(api, pitch)
    weekly = _weekly(api, topic["id"])
    session_id = weekly["id"]
    tick(api, session_id)
    last = found(api, session_id)["last_entry_id"]
    published(api, session_id, event("participant.left", participant_id="p-2", connection_id="c2"))
    published(api, pitch, status("active"))
    tick(api, pitch)
    published(api, pitch, *_said(DONE))
    review = created(api, title="Quarterly review", scheduled_for="2100-01-01T00:00:00Z")["id"]
    names = {
        "session_id": session_id,
        "ended_id": pitch,
        "scheduled_id": review,
        "nobody": NOBODY,
        "created_at": weekly["created_at"],
        "entry_id": last,
        "organization": organization,
        "meeting_id": "m-1",
        "other_meeting_id": "m-2",
        "participant_id": "p-1",
        "connection_id": "c1",
        "key_id": key_id,
    }
    return Stage(clients, names)
