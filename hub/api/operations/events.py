"""Publishing."""

from hub.api.operation import Answer, Body, Operation
from hub.api.operations.sessions import LEASE, ONE
from schemas.events import Event
from schemas.requests import PublishResult

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")

_FIRST = {"type": "session.status_changed", "data": {"status": "recording"}}
_SEGMENT = {
    "segment_id": "s1",
    "final": False,
    "text": "Good mor",
    "start": 0.4,
    "end": 0.9,
    "speaker": {"name": "Ann", "participant_id": "p-1"},
}

PUBLISH = Operation(
    name="publish_events",
    group="events",
    method="POST",
    path=f"{ONE}/events",
    summary="Publish events: all of them are kept, or none",
    about="One event, an array of at most 500, or NDJSON; at most 1 MiB, an event 64 KiB. Once there is an "
    "entry id the event is kept; a retry with the same `idempotency_key` gets the same id.",
    scope="publish",
    headers=(LEASE,),
    body=Body(
        type=Event | list[Event],
        examples={
            "one": _FIRST,
            "many": [
                {"type": "transcript.segment", "data": _SEGMENT, "idempotency_key": "s1-0"},
                {"type": "x.poll.opened", "data": {"question": "Lunch?"}},
            ],
        },
        lines=NDJSON,
    ),
    answers={200: Answer(about="The entry ids, in the order of the events.", body=PublishResult)},
    errors=(
        "too_many_events",
        "event_too_large",
        "unknown_type",
        "reserved_type",
        "invalid_transition",
        "session_ended",
        "session_sealed",
        "idempotency_conflict",
        "lease_lost",
        "session_full",
        "rate_limited",
    ),
    negotiates=False,
)
