"""Bots that take sessions over HTTP; those on a WebSocket do the same there."""

from msgspec.structs import replace

from hub.api.operation import Answer, Body, Operation
from hub.api.operations.sessions import LEASE, ONE
from schemas.bots import Assignment, ClaimSession, Queue, ReleaseLease

_GROUP = "bots"

CLAIM = Operation(
    name="claim_session",
    group=_GROUP,
    method="POST",
    path="/v1/bots/claim",
    summary="Wait for a session, and take it",
    about="The bot then publishes, and sends heartbeats, with the number of its lease in `Hub-Lease`. If the "
    "answer does not reach it, the session is offered again when that lease has run out.",
    scope="publish",
    body=Body(
        type=ClaimSession,
        examples={"plain": {"bot": {"id": "bot-1", "platforms": ["google_meet"]}, "wait": 0.5}},
    ),
    answers={
        200: Answer(about="The session and the lease.", body=Assignment),
        204: Answer(about="None came: ask again."),
    },
)
QUEUE = Operation(
    name="get_queue",
    group=_GROUP,
    method="GET",
    path="/v1/bots",
    summary="How many sessions wait for a bot",
    scope="subscribe",
    parameters=(),
    answers={200: Answer(about="The queue.", body=Queue)},
)
RELEASE = Operation(
    name="release_session",
    group=_GROUP,
    method="POST",
    path=f"{ONE}/release",
    summary="Let go of a session",
    about="Another bot takes it, unless it has ended or was stopped. It does not count as a loss.",
    scope="publish",
    headers=(replace(LEASE, required=True),),
    body=Body(type=ReleaseLease, examples={"plain": {"reason": "shutdown"}}, required=False),
    answers={204: Answer(about="The bot does not have it any more.")},
    errors=("lease_lost",),
)
