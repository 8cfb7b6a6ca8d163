"""How the tests of published APIs read what a hub answers."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import srt
import webvtt
from contract.api.asking import frames, taken


def at(value: Any, path: str) -> Any:
    """What is at a path of names and indexes, or None; `*` is each of a list, `1:` all but the first."""
    name, _, rest = path.partition(".")
    if not name:
        return value
    if name == "*":
        return [at(one, rest) for one in value]
    try:
        if name == "1:":
            return at(value[1:], rest)
        return at(value[int(name)] if isinstance(value, list) else value[name], rest)
    except (IndexError, KeyError, TypeError):
        return None


def streamed(api: httpx.Client, url: str, **params: Any) -> list[dict[str, Any]]:
    """The frames of a stream up to the bookmark."""
    found: list[dict[str, Any]] = []
    with api.stream("GET", url, params=params) as answer:
        assert answer.status_code == 200
        for frame in frames(answer):
            if frame["type"] in ("bookmark", "end"):
                return found
            found.append(frame)
    raise AssertionError("the stream ended before it had caught up")


def _voiced(text: str) -> str:
    """A line of SubRip without the speaker's name."""
    return text.partition(": ")[2]


FORMS: dict[str, Callable[[httpx.Response], Any]] = {
    "json": lambda answer: answer.json() if answer.content else None,
    "ndjson": lambda answer: [json.loads(line) for line in answer.text.splitlines()],
    "vtt": lambda answer: [cue.text for cue in webvtt.from_string(answer.text)],
    "srt": lambda answer: [_voiced(cue.content) for cue in srt.parse(answer.text)],
    "csv": lambda answer: list(csv.reader(io.StringIO(answer.text, newline=""))),
    "txt": lambda answer: answer.text,
    "md": lambda answer: answer.text,
}
"""From an answer to what a path leads into: formats are read by libraries that did not write them."""


def looked_up(api: httpx.Client, resource: str, path: str) -> Any:
    """What a resource says at a path; None if there is no such resource."""
    if resource.endswith("/stream"):
        return at(streamed(api, resource, after="0-0"), path)
    answer = api.get(resource)
    return None if answer.status_code == 404 else at(taken(answer), path)
