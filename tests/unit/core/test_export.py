"""Every format keeps what was said, whatever it was; libraries that did not write it read it back."""

import json

import pytest
from exported import READERS, said
from hypothesis import given
from hypothesis import strategies as st
from unit.core.made_entries import bounded

from hub.core.export import COLUMNS, FORMATS, SPREADSHEET, Heading, guarded
from schemas import codec
from schemas.session import Segment, Speaker

HEADING = Heading("ses_1", "1767225600000-9", "Weekly", 0)
BREAKING = [
    "-->",
    "00:00:01.000 --> 00:00:02.000",
    "00:00:01,000 --> 00:00:02,000",
    "\n\n",
    "\r\n",
    "\r",
    "\n7\n",
    "WEBVTT",
    "NOTE",
    "STYLE",
    "<v Eve>",
    "</v>",
    "<b>",
    "</i>",
    "{\\an8}",
    "<00:00:01.000>",
    "&lt;",
    "&amp;amp;",
    '"',
    '""',
    "'",
    ",",
    ";",
    "\t",
    "=1+1",
    "@SUM(A1)",
    "+1",
    "-1",
    "#",
    "**",
    "[x](y)",
    "\\",
    "{",
    "ä",
    "李",
    "👩\u200d💻",
    "word",
    " ",
]
texts = st.lists(st.sampled_from(BREAKING), min_size=1, max_size=8).map("".join).map(str.strip).filter(bool)
voices = texts.map(lambda text: " ".join(text.replace(": ", ":").rstrip(":").split())).filter(bool)
milliseconds = st.integers(0, 360_000_000)


def _segment(number, text, voice, start, length):
    return Segment(
        segment_id=f"s{number}",
        position=number,
        revision=0,
        final=True,
        speaker=Speaker(name=voice),
        text=text,
        start=start / 1000,
        end=(start + length) / 1000,
        language=None,
        confidence=0.5,
        words=None,
        started_at=None,
        ended_at=None,
    )


segments = st.lists(st.tuples(texts, voices, milliseconds, milliseconds), max_size=5).map(
    lambda all_: [_segment(number, *one) for number, one in enumerate(all_)]
)


def _written(name, said_):
    form = SPREADSHEET if name == "spreadsheet" else FORMATS[name]
    return "".join(form.pieces(HEADING, said_))


@pytest.mark.parametrize("name", READERS)
@bounded
@given(segments)
def test_what_was_said_comes_back(name, said_):
    read, holds = READERS[name]
    wanted = [holds(said(codec.decode(codec.encode(segment)))) for segment in said_]
    assert read(_written(name, said_)) == wanted


def test_every_format_is_read_back_or_for_people():
    assert set(FORMATS) - set(READERS) == {"txt", "md"}


def test_json_says_what_it_is_of():
    document = json.loads(_written("json", []))
    assert document == {"session_id": "ses_1", "entry_id": "1767225600000-9", "segments": []}


def test_nothing_said_is_a_document_still():
    assert _written("vtt", []).startswith("WEBVTT\n")
    assert _written("csv", []) == ",".join(COLUMNS) + "\r\n"
    assert _written("md", []) == "# Weekly\n"
    assert [_written(name, []) for name in ("srt", "txt", "ndjson")] == ["", "", ""]


def test_plain_text_has_a_line_for_each():
    spoken = [_segment(0, "one\n\ntwo", "Ada", 3_723_004, 10), _segment(1, " three ", "Bob", 3_724_000, 10)]
    assert _written("txt", spoken) == "[01:02:03] Ada: one two\n[01:02:04] Bob: three\n"


def test_markdown_says_once_who_speaks_and_has_no_markup_of_what_is_said():
    spoken = [
        _segment(0, "# not *a* heading\n1. nor a list", "A_da", 0, 10),
        _segment(1, "- [nor](a link) <b>", "A_da", 1000, 10),
        _segment(2, "yes", "Bob", 2000, 10),
    ]
    assert _written("md", spoken) == (
        "# Weekly\n"
        "\n**A\\_da** · 00:00:00\n"
        "\n\\# not \\*a\\* heading  \n1\\. nor a list\n"
        "\n\\- \\[nor\\](a link) \\<b\\>\n"
        "\n**Bob** · 00:00:02\n"
        "\nyes\n"
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_is_given_no_formula(text):
    assert guarded(text) == f"'{text}"
    assert f"'{text}" in _written("spreadsheet", [_segment(0, text, "Ada", 0, 1)])
    assert guarded("1=1") == "1=1"
