"""Who took part in a session."""

from hub.api.operation import Answer, Operation
from hub.api.operations.sessions import ONE
from hub.api.parameter import cursor, flag, limit, text, word
from schemas.pages import ParticipantDetail, ParticipantPage

_GROUP = "parts of a session"

LIST = Operation(
    name="list_participants",
    group=_GROUP,
    method="GET",
    path=f"{ONE}/participants",
    summary="Participants by pages, with how many there are",
    scope="subscribe",
    parameters=(
        text("search", "Only those whose name or one of whose ids has this in it, in any case.", "ann"),
        flag("live", "Only those who are there, or only those who have left."),
        word(
            "sort",
            "By what they are sorted.",
            ("joined", "name", "duration", "speech_time"),
            example="name",
            default="joined",
        ),
        word("order", "Which way.", ("asc", "desc"), example="desc", default="asc"),
        limit("Participants of a page.", 500, 100),
        cursor("WyJwYXJ0aWNpcGFudHMgam9pbmVkIEZhbHNlIixbMS4wLCJwLTEiXV0"),
    ),
    answers={200: Answer(about="A page.", body=ParticipantPage)},
)
GET = Operation(
    name="get_participant",
    group=_GROUP,
    method="GET",
    path=f"{ONE}/participants/{{participant_id:path}}",
    summary="One participant, with connections and the newest report",
    scope="subscribe",
    parameters=(),
    answers={200: Answer(about="The participant.", body=ParticipantDetail)},
    errors=("participant_not_found",),
)
PEER = Operation(
    name="get_peer",
    group=_GROUP,
    method="GET",
    path=f"{ONE}/peers/{{connection_id:path}}",
    summary="The participant of a connection",
    scope="subscribe",
    parameters=(),
    answers={200: Answer(about="The participant.", body=ParticipantDetail)},
    errors=("participant_not_found",),
)
