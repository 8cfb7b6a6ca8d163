"""What single values may be: ids, names, times, addresses."""

from typing import Annotated, Any

from msgspec import Meta

from schemas.codec import END

Identifier = Annotated[
    str, Meta(pattern=r"^[^\s\x00-\x1f\x7f]{1,128}" + END, description="an id of the publisher's own")
]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
Short = Annotated[str, Meta(min_length=1, max_length=64)]
Line = Annotated[str, Meta(max_length=1024)]
Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}" + END)]
Email = Annotated[str, Meta(min_length=1, max_length=320)]
Text = Annotated[str, Meta(max_length=16_384)]
Url = Annotated[str, Meta(max_length=2048, pattern=r"^https?://[^\s\x00-\x1f\x7f]+" + END)]
StreamUrl = Annotated[
    str,
    Meta(
        max_length=2048,
        pattern=r"^[a-z][a-z0-9+.-]*://[^\s\x00-\x1f\x7f]+" + END,
        description="of a stream, such as `rtmp://` or `https://`",
    ),
]
Seconds = Annotated[float, Meta(ge=0, le=31_536_000, description="seconds since `started_at`")]
Language = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,35}" + END, description="a BCP 47 language tag")]
Probability = Annotated[float, Meta(ge=0, le=1)]
IdempotencyKey = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,128}" + END)]
MeetingLink = Annotated[
    str, Meta(max_length=2048, pattern=r"^https://[^\s\x00-\x1f\x7f/]+(/[^\s\x00-\x1f\x7f]*)?" + END)
]
FileUrl = MeetingLink
Anything = Annotated[dict[str, Any], Meta(description="any object, at most 16 KiB as JSON")]
