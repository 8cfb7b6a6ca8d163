"""The transcript as it is asked for: by pages, in part, and as a file."""

import json
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, created, ended, event, new, published, refused, status, taken
from exported import READERS, differences, expected, publish

from hub.api.cursors import cursor

HARD = [
    "-->",
    "7\n00:00:01,000 --> 00:00:02,000\nnot a cue",
    "one\n\n\nafter empty lines",
    'says "yes", twice',
    "=1+1",
    "<b>bold</b> & <v Eve>",
    "NOTE this",
    "WEBVTT",
]


def segment(number: int, text: str, start: float, speaker: str | None = "Ada", **more: Any) -> dict[str, Any]:
    data = {"segment_id": f"s{number}", "final": True, "text": text, "start": start, "end": start + 1, **more}
    return data | ({"speaker": {"name": speaker, "participant_id": speaker.lower()}} if speaker else {})


def pages(api: httpx.Client, path: str, key: str = "data", **params: Any) -> list[Any]:
    """All items of a list, page by page."""
    found: list[Any] = []
    while True:
        page = taken(api.get(path, params=params))
        found += page[key]
        if page["next"] is None:
            return found
        assert page[key]
        params["cursor"] = page["next"]


def test_every_format_brings_back_what_was_said(api: httpx.Client) -> None:
    segments = [segment(number, text, number * 2.5) for number, text in enumerate(HARD)]
    assert differences(api, publish(api, segments), expected(segments)) == []


def test_a_file_says_what_it_is(api: httpx.Client) -> None:
    session_id = publish(api, [segment(1, "hi", 0)])
    answer = api.get(f"/v1/sessions/{session_id}/transcript", params={"format": "vtt"})
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{session_id}.vtt"'
    assert answer.headers["cache-control"] == "no-store"
    page = taken(api.get(f"/v1/sessions/{session_id}/transcript"))
    assert answer.headers["x-entry-id"] == page["entry_id"]
    assert "<v Ada>hi" in answer.text


@pytest.mark.parametrize("name", [*READERS, "txt", "md"])
def test_a_long_one_is_sorted_as_it_is_sent(api: httpx.Client, name: str) -> None:
    """Also where late segments belong far in front, or the last page begins before the first one."""
    starts = [*(float(n) for n in range(700)), 3.5, 699.5, *(n + 0.25 for n in range(300, 0, -1)), 0.0]
    segments = [segment(number, f"w{number}", start) for number, start in enumerate(starts)]
    session_id = publish(api, segments)
    text = api.get(f"/v1/sessions/{session_id}/transcript", params={"format": name}).text
    order = sorted(range(len(starts)), key=lambda number: (starts[number], number))
    if name in READERS:
        assert [one.text for one in READERS[name][0](text)] == [f"w{number}" for number in order]
    else:
        words = [word for word in text.split() if word[0] == "w"]
        assert words == [f"w{number}" for number in order]


def test_it_is_as_it_stands_while_the_meeting_goes_on(api: httpx.Client) -> None:
    session_id = new(api)
    path = f"/v1/sessions/{session_id}/transcript"
    published(api, session_id, status("active"))
    for number in range(3):
        draft = segment(number, "dra", number, final=False)
        final = segment(number, "draft no more", number, revision=1)
        for said, text in ((draft, "dra"), (final, "draft no more")):
            (entry_id,) = published(api, session_id, event("transcript.segment", **said))
            page = taken(api.get(path))
            assert (page["entry_id"], page["segments"][-1]["text"]) == (entry_id, text)
            answer = api.get(path, params={"format": "ndjson"})
            assert answer.headers["x-entry-id"] == entry_id
            assert json.loads(answer.text.splitlines()[-1])["text"] == text
    ended(api, session_id)
    assert len(pages(api, path, "segments", limit=1)) == 3


def test_pages_neither_skip_nor_repeat(api: httpx.Client) -> None:
    session_id = publish(api, [segment(number, f"w{number}", number) for number in range(600)])
    path = f"/v1/sessions/{session_id}/transcript"
    gone = [f"s{number}" for number in range(0, 600, 7)]
    published(api, session_id, *(event("transcript.retracted", segment_id=one) for one in gone))
    kept = [f"s{number}" for number in range(600) if number % 7]
    for limit in (1000, 100, 256, 7):
        assert [one["segment_id"] for one in pages(api, path, "segments", limit=limit)] == kept
    first = taken(api.get(path))
    assert len(first["segments"]) == 100
    # What comes and changes meanwhile moves nothing to another page.
    late = [segment(number, "late", 0) for number in (2, 3, 601, 602)]
    published(api, session_id, *(event("transcript.segment", **one) for one in late))
    rest = pages(api, path, "segments", cursor=first["next"])
    assert [one["segment_id"] for one in (*first["segments"], *rest)] == [*kept, "s601", "s602"]


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({}, [0, 1, 2, 3]),
        ({"from": "10"}, [1, 2, 3]),
        ({"to": "10.5"}, [0, 1]),
        ({"from": "11.5", "to": "19.5"}, []),
        ({"from": "11", "to": "20"}, [1, 2]),
        ({"speaker": "ada"}, [0, 2]),
        ({"speaker": "ADA"}, [0, 2]),
        ({"speaker": "ad"}, []),
        ({"text": "HELLO"}, [0, 3]),
        ({"text": "strasse"}, [2]),
        ({"text": "hello", "speaker": "Bob"}, [3]),
    ],
    ids=str,
)
def test_filters(api: httpx.Client, params: dict[str, str], numbers: list[int]) -> None:
    segments = [
        segment(0, "Hello there", 0),
        segment(1, "nobody knows who", 10, None),
        segment(2, "die Straße", 20),
        segment(3, "and hello again", 30, "Bob"),
    ]
    session_id = publish(api, segments)
    path = f"/v1/sessions/{session_id}/transcript"
    wanted = [f"s{number}" for number in numbers]
    assert [one["segment_id"] for one in pages(api, path, "segments", limit=1, **params)] == wanted
    whole = taken(api.get(path, params={"format": "json", **params}))
    assert [one["segment_id"] for one in whole["segments"]] == wanted


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"format": "pdf"}, "format"),
        ({"format": ""}, "format"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": "bnVsbA"}, "cursor"),
        ({"cursor": "WyJjaGF0IiwxXQ"}, "cursor"),
        ({"cursor": cursor("transcript", -(2**63))}, "cursor"),
        ({"cursor": cursor("transcript", 2**53)}, "cursor"),
        ({"from": "soon"}, "from"),
        ({"from": "nan"}, "from"),
        ({"from": "-1"}, "from"),
        ({"to": "inf"}, "to"),
        ({"from": "2", "to": "1"}, "to"),
        ({"format": "vtt", "limit": "1"}, "limit"),
        ({"format": "vtt", "cursor": "x"}, "cursor"),
        ({"format": "vtt", "spreadsheet": "true"}, "spreadsheet"),
        ({"spreadsheet": "true"}, "spreadsheet"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_wrong_parameters(api: httpx.Client, params: dict[str, str], field: str) -> None:
    answer = api.get(f"/v1/sessions/{new(api)}/transcript", params=params)
    refused(answer, "invalid_parameter", field=field)


def test_a_spreadsheet_may_be_asked_for(api: httpx.Client) -> None:
    path = f"/v1/sessions/{publish(api, [segment(1, '=1+1', 0)])}/transcript"
    assert ",=1+1," in api.get(path, params={"format": "csv"}).text
    assert ",=1+1," in api.get(path, params={"format": "csv", "spreadsheet": "false"}).text
    assert ",'=1+1," in api.get(path, params={"format": "csv", "spreadsheet": "true"}).text


@pytest.mark.parametrize("name", [None, "vtt"])
def test_what_is_not_there(api: httpx.Client, name: str | None) -> None:
    params = {} if name is None else {"format": name}
    for session_id in (NOBODY, "no id!"):
        refused(api.get(f"/v1/sessions/{session_id}/transcript", params=params), "session_not_found")


@pytest.mark.parametrize(
    ("name", "accept", "is_taken"),
    [
        (None, "application/json", True),
        (None, "*/*", True),
        (None, "application/*;q=0.1, text/html", True),
        (None, "text/html", False),
        (None, "application/json;q=0", False),
        (None, "application/json;q=x", False),
        (None, "*/*, application/json;q=0", False),
        ("vtt", "text/vtt", True),
        ("vtt", "application/json", False),
        ("csv", "text/*", True),
    ],
)
def test_what_a_client_accepts(api: httpx.Client, name: str | None, accept: str, is_taken: bool) -> None:
    session_id = created(api)["id"]
    params = {} if name is None else {"format": name}
    answer = api.get(f"/v1/sessions/{session_id}/transcript", params=params, headers={"Accept": accept})
    if is_taken:
        assert answer.status_code == 200
    else:
        refused(answer, "not_acceptable", field="Accept")
        refused(api.get("/v1/sessions", headers={"Accept": "text/html"}), "not_acceptable")
