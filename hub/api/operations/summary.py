"""The summary of a session."""

from hub.api.operation import Answer, Operation
from hub.api.operations.sessions import ONE
from schemas.session import Summary

_GROUP = "parts of a session"

GET = Operation(
    name="get_summary",
    group=_GROUP,
    method="GET",
    path=f"{ONE}/summary",
    summary="The summary, in whatever state",
    scope="subscribe",
    parameters=(),
    answers={200: Answer(about="The summary.", body=Summary)},
    errors=("summary_not_found",),
)
REQUEST = Operation(
    name="request_summary",
    group=_GROUP,
    method="POST",
    path=f"{ONE}/summary",
    summary="Ask for a summary",
    about="It is written in the background: `summary.ready` or `summary.failed` tells the end. While one is "
    "under way nothing more is begun. A body is not read.",
    scope="manage",
    parameters=(),
    answers={202: Answer(about="The summary as it stands now.", body=Summary)},
    errors=("transcript_empty", "summaries_busy", "session_full", "rate_limited"),
)
