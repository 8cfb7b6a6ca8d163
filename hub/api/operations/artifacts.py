"""What is made of a session."""

from hub.api.operation import Answer, Operation
from hub.api.operations.sessions import ONE
from schemas.pages import ChapterList
from schemas.session import Recording

_GROUP = "parts of a session"

CHAPTERS = Operation(
    name="list_chapters",
    group=_GROUP,
    method="GET",
    path=f"{ONE}/chapters",
    summary="The chapters, by start",
    scope="subscribe",
    parameters=(),
    answers={200: Answer(about="All that are kept.", body=ChapterList)},
)
RECORDING = Operation(
    name="get_recording",
    group=_GROUP,
    method="GET",
    path=f"{ONE}/recording",
    summary="What was last said of the recording",
    scope="subscribe",
    parameters=(),
    answers={200: Answer(about="The recording.", body=Recording)},
    errors=("recording_not_found",),
)
