"""A meeting from a file of captions, played into an organization with a few sessions beside it."""

from pathlib import Path
from typing import Any, NamedTuple

import httpx
from contract.api.asking import event, new, published, status
from servers import wait_until

from hub.captions.line import Line
from hub.captions.speakers import participants
from hub.client.script import meeting
from hub.client.vtt import read
from hub.compat import ids

BATCH = 300
REPORT = {
    "device": {"os": "Linux", "os_version": "6.1", "cpus": 8, "is_mobile": False},
    "network": {"city": "Berlin", "country": "DE", "ipv4": "192.0.2.7", "asn": {"asn": "AS64500"}},
    "precall": {"effective_network_type": "4g", "turn_connectivity": True, "sdp": ["v=0"]},
    "quality": {"audio_producer": [{"jitter": 0.2, "packets_lost": 3, "mid": "0"}]},
}
"""Of the first one's connection."""


class Stage(NamedTuple):
    """What an organization has: a meeting that was played, and a few sessions beside it."""

    organization: str
    lines: list[Line]
    people: dict[str, str]
    """The participant id of each name."""
    first: str
    """The participant id of who came first: with a screen, a report and a chat."""
    meeting: str
    """As this system calls it; created second, and has the most minutes."""
    early: str
    """Created first, with one short visit; ended."""
    live: str
    """Created last; somebody is there."""
    scheduled: str
    """Never started."""


def played(api: httpx.Client, organization: str, file: Path) -> Stage:
    """Play a meeting and what is beside it."""
    lines = read(file).lines
    people = participants(lines)
    first = next(iter(people.values()))
    early = new(api, title="Early", meeting_id="mtg-early", type="livestream")
    come = event("participant.joined", participant_id="guest", connection_id="g1", name="Guest")
    gone = event("participant.left", participant_id="guest", connection_id="g1")
    published(api, early, status("active"), come)
    _later(api, early)
    published(api, early, gone, status("completed"))
    session_id = new(api, title=f"Weekly {file.stem}", meeting_id="mtg-played", metadata={"room": 7})
    batch: list[dict[str, Any]] = []
    for step in meeting(lines, run="r"):
        data = dict(step.data)
        if step.type == "participant.joined":
            who = data["participant_id"]
            data |= {"custom_id": f"{who}@example.org", "user_id": f"user-{who}"}
            data |= {"preset": "group_call_host", "role": "host"} if who == first else {}
        # Nobody comes or goes at the same time as somebody else, so that all are there for another time.
        apart = step.type in ("participant.joined", "participant.left")
        if batch and (apart or len(batch) == BATCH):
            published(api, session_id, *batch)
            batch.clear()
            if apart:
                _later(api, session_id)
        batch.append(event(step.type, **data))
        if step.type == "participant.joined" and data["participant_id"] == first:
            published(api, session_id, *batch, *_more(first, data["name"]))
            batch.clear()
            _later(api, session_id)
            batch.append(event("participant.left", participant_id=first, connection_id="screen"))
    published(api, session_id, *batch)
    live = new(api)
    published(api, live, status("recording"), come)
    scheduled = new(api, title="Never", scheduled_for="2100-01-01T00:00:00Z")
    return Stage(
        organization,
        lines,
        people,
        first,
        *(ids.to_uuid(one) for one in (session_id, early, live, scheduled)),
    )


def _later(api: httpx.Client, session_id: str) -> None:
    """Come back in another millisecond of the session."""
    before = published(api, session_id, event("x.tick"))
    wait_until(lambda: published(api, session_id, event("x.tick"))[0].split("-")[0] > before[0].split("-")[0])


def _more(who: str, name: str) -> list[dict[str, Any]]:
    """What a file of captions does not tell."""
    screen = {"participant_id": who, "connection_id": "screen"}
    sender = {"participant_id": who, "name": name}
    return [
        event("participant.joined", **screen, name=name, kind="screenshare"),
        event("chat.message", message_id="m1", text="helo", sender=sender),
        event("chat.message", message_id="m2", text='She said: "two\nlines, really"'),
        event("chat.message", message_id="m1", text="hello", sender=sender),
        event("peer.report", participant_id=who, **REPORT),
        event("breakout.opened", room_id="b1", title="Group 1"),
        event("breakout.opened", room_id="b2"),
        event("breakout.closed", room_id="b1"),
    ]
