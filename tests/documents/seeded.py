"""A session that has something of everything, and requests as the documents show them, put to it."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
from contract.api.asking import created, event, new, published, status, taken, token, unique

from hub.api.operation import Operation
from hub.api.operations.downloads import DOWNLOADS
from hub.api.parameter import IN_PATHS, Parameter
from schemas.bots import LEASE_HEADER

SPEAKER = {"name": "Ann", "participant_id": "p-1"}
EVENTS = [
    status("active"),
    event("participant.joined", participant_id="p-1", connection_id="c-1", name="Ann", role="host"),
    event("participant.joined", participant_id="p-2", connection_id="c-2", name="Ben"),
    event("peer.report", participant_id="p-1", connection_id="c-1", network={"rtt_ms": 20}),
    event(
        "transcript.segment",
        segment_id="s1",
        final=True,
        text="Good morning",
        start=1,
        end=2,
        speaker=SPEAKER,
    ),
    event("transcript.segment", segment_id="s2", final=False, text="Hel", start=2.5, end=3),
    event("chat.message", message_id="m1", text="Lunch?", sender=SPEAKER),
    event("chapter.added", title="Greetings", start=0),
    event("recording.updated", state="started", format="mp4"),
    event("log.entry", level="warning", message="joined late", source="bot"),
    event("summary.ready", text="They said good morning.", keywords=["morning"], model="m-1"),
    event("x.poll.opened", question="Lunch?"),
]


class Seeded(NamedTuple):
    """What the examples of the documents can be asked of."""

    ids: dict[str, str]
    """What paths name, by its name there."""
    token: str
    """Opens the session."""
    feed_token: str
    real: dict[str, str]
    """Values of parameters for which no example stands, by operation and name."""
    held: str
    """A session that a bot has, under its first lease."""

    @property
    def session_id(self) -> str:
        """The session."""
        return self.ids["session_id"]

    def others(self, **ids: str) -> "Seeded":
        """The same with other ids in paths."""
        return self._replace(ids={**self.ids, **ids}, held=ids.get("session_id", self.held))

    def path(self, operation: Operation) -> str:
        """The path of an operation, with ids that exist."""
        of_bot = any(header.name == LEASE_HEADER for header in operation.headers)
        ids = {**self.ids, "session_id": self.held} if of_bot else self.ids
        return re.sub(r"\{(\w+)[^}]*\}", lambda found: ids[found[1]], operation.path)

    def signature(self, operation: Operation) -> dict[str, str]:
        """What is asked with every request of an operation that takes no key but this."""
        return {"signature": self.real[f"{operation.name}.signature"]} if operation.signed else {}

    def body(self, example: Any) -> Any:
        """The example of a body, with the session that exists."""
        if isinstance(example, dict) and "session_id" in example:
            return {**example, "session_id": self.session_id}
        return example

    def query(self, operation: Operation, parameter: Parameter) -> dict[str, str]:
        """The example of a parameter, with what it needs beside it."""
        value = self.real.get(f"{operation.name}.{parameter.name}", parameter.example)
        if parameter.name == "token":
            value = self.token if "{session_id}" in operation.path else self.feed_token
        return {**parameter.along, parameter.name: written(value)}


def seeded(api: httpx.Client) -> Seeded:
    """A new session in the organization of an admin."""
    session_id = created(
        api, title="Weekly", meeting_id="mtg-42", meeting_link="https://meet.google.com/abc-defg-hij"
    )["id"]
    entries = published(api, session_id, *EVENTS)
    key = taken(api.post("/v1/keys", json={"name": "to revoke"}), 201)
    ids = {name: parameter.example for name, parameter in IN_PATHS.items()}
    topic = taken(api.post("/v1/topics", json={"name": "Sales"}), 201)
    taken(api.put(f"/v1/meetings/{ids['meeting_id']}", json={"title": "Quarterly"}), 200)
    ids |= {"session_id": session_id, "key_id": key["id"], "topic_id": topic["id"]}
    real = {"get_session.as_of": entries[3]}
    real |= {f"download_{what}.signature": signature(api, session_id, what) for what in DOWNLOADS}
    new(api)
    real["list_sessions.cursor"] = taken(api.get("/v1/sessions", params={"limit": 1}))["next"]
    real["list_active_sessions.cursor"] = taken(api.get("/v1/analytics/active", params={"limit": 1}))["next"]
    real["get_talk_time.session_id"] = session_id
    # Another one waits for the bot that asks.
    new(api, meeting_link="https://meet.google.com/abc-defg-hij", dispatch={})
    return Seeded(ids, token(api, session_id=session_id), token(api), real, dispatched(api))


def dispatched(api: httpx.Client) -> str:
    """A session that a bot has, under its first lease."""
    label = unique("label")
    # Nothing else that waits is there, but what a bot has let go of.
    link = "https://acme.webex.com/meet/weekly"
    session_id = new(api, meeting_link=link, dispatch={"labels": [label]})
    asked = {"bot": {"id": "bot-0", "platforms": ["webex"], "labels": [label]}, "wait": 5}
    given = taken(api.post("/v1/bots/claim", json=asked))
    assert given["session"]["id"] == session_id
    published(api, session_id, status("active"))
    return session_id


def signature(api: httpx.Client, session_id: str, what: str, **asked: Any) -> str:
    """The signature of a new download URL."""
    url = taken(api.get(f"/v1/sessions/{session_id}/{what}/url", params=asked))["url"]
    return httpx.URL(url).params["signature"]


def written(value: Any) -> str:
    """The example of a parameter as it stands in a query."""
    if isinstance(value, list):
        return ",".join(map(written, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def ask(api: httpx.Client, operation: Operation, seeds: Seeded, **options: Any) -> tuple[httpx.Response, Any]:
    """An answer, and its body if it is JSON; of a stream that was opened, the head and the first frame."""
    options["params"] = {**seeds.signature(operation), **options.get("params", {})}
    required = {header.name: str(header.example) for header in operation.headers if header.required}
    options["headers"] = {**required, **options.get("headers", {})}
    with api.stream(operation.method, seeds.path(operation), **options) as answer:
        if operation.streams and answer.status_code == 200:
            return answer, _first(answer.iter_lines())
        answer.read()
    is_json = answer.headers.get("content-type") == "application/json"
    return answer, answer.json() if is_json else answer.text


def _first(lines: Iterator[str]) -> str:
    return next(line for line in lines if line.startswith("data: "))
