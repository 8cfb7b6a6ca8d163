"""Meetings."""

from hub.api.operation import Answer, Body, Operation
from hub.api.parameter import PLACE, limit
from schemas.directory import Meeting, MeetingList, PutMeeting

_ONE = "/v1/meetings/{meeting_id}"
_GROUP = "meetings and topics"

LIST = Operation(
    name="list_meetings",
    group=_GROUP,
    method="GET",
    path="/v1/meetings",
    summary="Meetings by pages, newest first",
    scope="subscribe",
    parameters=(limit("Meetings of a page.", 200, 50), PLACE),
    answers={200: Answer(about="A page.", body=MeetingList)},
)
PUT = Operation(
    name="put_meeting",
    group=_GROUP,
    method="PUT",
    path=_ONE,
    summary="Say all that is known of a meeting",
    about="What is left out is not said any more.",
    scope="manage",
    body=Body(
        type=PutMeeting,
        examples={
            "plain": {
                "title": "Quarterly",
                "external_id": "evt-7",
                "source": "google_calendar",
                "link": "https://meet.google.com/abc-defg-hij",
            }
        },
    ),
    answers={
        200: Answer(about="The meeting.", body=Meeting),
        201: Answer(about="Nobody had named it before.", body=Meeting),
    },
    errors=("invalid_parameter",),
)
GET = Operation(
    name="get_meeting",
    group=_GROUP,
    method="GET",
    path=_ONE,
    summary="A meeting",
    scope="subscribe",
    parameters=(),
    answers={200: Answer(about="The meeting.", body=Meeting)},
    errors=("meeting_not_found",),
)
