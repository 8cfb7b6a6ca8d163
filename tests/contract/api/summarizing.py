"""How tests ask for summaries, and what they look at."""

from typing import Any

import httpx
from contract.api.asking import event, history, new, published, status, taken
from servers import HubServer, RedisServer, wait_until

SPOKEN = [
    ("Ann", "Good morning, and welcome to the launch meeting."),
    ("Ann", "The launch of the empty map is planned for the third of May."),
    ("Bob", "I am worried that the merge of the map branch is late."),
    ("Bob", "If the merge is not done by Friday, the launch moves by a week."),
    ("Cem", "Then I will finish the merge of the map branch on Thursday."),
    ("Ann", "Fine."),
    ("Bob", "Coffee?"),
]


def segment(number: int, speaker: str, text: str, **more: Any) -> dict[str, Any]:
    return event(
        "transcript.segment",
        segment_id=f"s{number}",
        final=True,
        text=text,
        speaker={"name": speaker},
        start=number * 5.0,
        end=number * 5.0 + 4,
        **more,
    )


def spoken(
    api: httpx.Client, *lines: tuple[str, str], about: dict[str, Any] | None = None, **more: Any
) -> str:
    """A session in which this was said; `about` is said of it, and more of each segment."""
    session_id = new(api, **(about or {}))
    published(api, session_id, status("active"))
    segments = [segment(number, *line, **more) for number, line in enumerate(lines or SPOKEN)]
    for first in range(0, len(segments), 500):
        published(api, session_id, *segments[first : first + 500])
    return session_id


def asked(api: httpx.Client, session_id: str) -> dict[str, Any]:
    return taken(api.post(f"/v1/sessions/{session_id}/summary"), 202)


def ready(api: httpx.Client, session_id: str, state: str = "ready") -> dict[str, Any]:
    """The summary, once it is in this state."""

    def there() -> dict[str, Any] | None:
        summary = taken(api.get(f"/v1/sessions/{session_id}/summary"))
        return summary if summary["state"] == state else None

    return wait_until(there, f"the summary is {state}")


def told(api: httpx.Client, session_id: str) -> list[str]:
    """The types of the entries that tell of the summary."""
    return [e["type"] for e in history(api, session_id) if e["type"].startswith("summary.")]


def waiting(hub: HubServer) -> float:
    """What `/metrics` says of the queue."""
    lines = httpx.get(f"{hub.url}/metrics").text.splitlines()
    (line,) = (line for line in lines if line.startswith("hub_summaries_waiting "))
    return float(line.split()[1])


def queue_is_empty(redis_server: RedisServer) -> None:
    """A job ends shortly after what it says of that."""
    with redis_server.client() as store:
        wait_until(lambda: not store.exists("hub:{summary.jobs}:jobs"), "no job is left")
