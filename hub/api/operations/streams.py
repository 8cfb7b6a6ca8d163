"""Following over SSE."""

from hub.api.operation import Answer, Operation
from hub.api.operations.sessions import ONE
from hub.api.parameter import CHANNELS, Parameter, decimal, flag, text, word
from schemas.events import LogLevel
from schemas.frames import FASTEST, SLOWEST

_GROUP = "streams"
_AFTER = "The cursor to resume after; `0-0`: from the start. One that makes no sense is told by a `reset`."
_COMMON = (
    text("after", _AFTER, "0-0"),
    decimal(
        "speed",
        "Play what follows `after` as it happened, this many times as fast; an ended session too.",
        SLOWEST,
        FASTEST,
        example=8,
    ),
    word(
        "framing",
        "`message` leaves the `event:` line out, so that `EventSource.onmessage` gets all.",
        ("event", "message"),
        example="message",
        default="event",
    ),
    text("token", "A stream token or API key, for who cannot send the header.", "st_example"),
)
_SESSION = (
    *_COMMON,
    word(
        "partials",
        "Which drafts of segments: each one, only the newest of a segment that is waiting, or none.",
        ("all", "latest", "none"),
        example="latest",
        default="all",
    ),
    word("level", "The least level of log entries.", LogLevel, example="info", default="debug"),
    flag("late", "`false`: the stream ends with the session, without what comes late, up to the seal."),
)
_LAST_EVENT_ID = Parameter(
    name="Last-Event-ID",
    about="The cursor that an EventSource sends when it comes back; goes before `after`.",
    schema={"type": "string"},
    example="0-0",
)
_FRAMES = Answer(
    about="Frames (see the AsyncAPI document), one in each `data:` line, until an `end` or `disconnect`.",
    content_types=("text/event-stream; charset=utf-8",),
)
_SEEN = Answer(
    about="The session is sealed, or with `late=false` ended, and the cursor is there: do not come again."
)


def _stream(name: str, path: str, summary: str, *parameters: Parameter) -> Operation:
    return Operation(
        name=name,
        group=_GROUP,
        method="GET",
        path=path,
        summary=summary,
        scope="subscribe",
        parameters=parameters,
        headers=(_LAST_EVENT_ID,),
        answers={200: _FRAMES, 204: _SEEN} if "{session_id}" in path else {200: _FRAMES},
        streams=True,
    )


SESSION = _stream(
    "stream_session", f"{ONE}/stream", "A session: its snapshot, then every entry", CHANNELS, *_SESSION
)
STATUS = _stream("stream_status", f"{ONE}/status/stream", "Status and participants of a session", *_SESSION)
TRANSCRIPT = _stream(
    "stream_transcript", f"{ONE}/transcript/stream", "The transcript of a session", *_SESSION
)
LOGS = _stream("stream_logs", f"{ONE}/logs/stream", "The log of a session", *_SESSION)
FEED = _stream(
    "stream_feed",
    "/v1/stream",
    "The organization's feed: its live sessions, then every change of any",
    *_COMMON,
)
