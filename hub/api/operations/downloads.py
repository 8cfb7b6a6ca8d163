"""Download URLs."""

from collections.abc import Mapping

from hub.api.operation import JSON, Answer, Operation
from hub.api.operations.sessions import ONE
from hub.api.parameter import number, text, word
from hub.core.export import FORMATS
from schemas.pages import MessagePage
from schemas.requests import DownloadUrl
from schemas.session import Summary, Transcript

LIFETIME = 3_600
"""Seconds for which a URL is good if nobody says otherwise."""
LONGEST = 604_800
_GROUP = "downloads"


def _url(what: str, formats: tuple[str, ...]) -> Operation:
    return Operation(
        name=f"get_{what}_url",
        group=_GROUP,
        method="GET",
        path=f"{ONE}/{what}/url",
        summary=f"A URL that downloads the {what} without a key",
        about="It is a path on this hub. It ends with its time, or with the key that it was asked with.",
        scope="subscribe",
        parameters=(
            word("format", "Of the file.", formats, example=formats[-1], default=formats[0]),
            number(
                "expires_in", "For how many seconds it is good.", 1, LONGEST, example=60, default=LIFETIME
            ),
        ),
        answers={200: Answer(about="The URL.", body=DownloadUrl)},
    )


def _download(what: str, answer: Answer, *errors: str) -> Operation:
    return Operation(
        name=f"download_{what}",
        group=_GROUP,
        method="GET",
        path=f"{ONE}/{what}/download",
        summary=f"The {what} as a file, by a URL that was given out",
        parameters=(text("signature", "As the URL has it.", "replaced"),),
        answers={200: answer},
        errors=errors,
        signed=True,
    )


_FILE = {
    "Content-Disposition": "Its name.",
    "X-Content-Type-Options": "`nosniff`.",
    "Referrer-Policy": "`no-referrer`: a page that is opened from it must not learn the URL.",
}
_TRANSCRIPT = Answer(
    about="The file.",
    body=Transcript,
    content_types=tuple(form.content_type for form in FORMATS.values()),
    headers=_FILE | {"X-Entry-Id": "The entry that it reflects."},
)
_CHAT = Answer(
    about="The file.",
    body=MessagePage,
    content_types=("text/csv; charset=utf-8; header=present", JSON),
    headers=_FILE,
)
_SUMMARY = Answer(
    about="The file.", body=Summary, content_types=("text/plain; charset=utf-8", JSON), headers=_FILE
)

URLS: Mapping[str, Operation] = {
    "transcript": _url("transcript", tuple(FORMATS)),
    "chat": _url("chat", ("csv", "json")),
    "summary": _url("summary", ("txt", "json")),
}
"""By what is downloaded; the first format is the default. A format is its file's ending."""
DOWNLOADS: Mapping[str, Operation] = {
    "transcript": _download("transcript", _TRANSCRIPT),
    "chat": _download("chat", _CHAT),
    "summary": _download("summary", _SUMMARY, "summary_not_found"),
}
