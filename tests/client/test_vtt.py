from pathlib import Path

import pytest

from hub.client.errors import VttError
from hub.client.vtt import Line, parse, read, voices


def captions(*cues: str) -> str:
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


def only(text: str) -> Line:
    (line,) = parse(captions(f"00:01.500 --> 00:02.250\n{text}")).lines
    return line


@pytest.mark.parametrize(
    ("cue", "said"),
    [
        ("<v Ann>Hello</v>", [("Ann", "Hello")]),
        ("<v Ann>Hello", [("Ann", "Hello")]),
        (
            "<v The Chair (Mr. Lee (North, Ind.))>Order!</v>",
            [("The Chair (Mr. Lee (North, Ind.))", "Order!")],
        ),
        (
            "<v.first.loud O&#39;Hara &amp; Söhne>5 &lt; 6 &amp; so on</v>",
            [("O'Hara & Söhne", "5 < 6 & so on")],
        ),
        ("<v\tAnn \n Lee >tabs and lines</v>", [("Ann Lee", "tabs and lines")]),
        ("<v Ann>one</v> <v Bo>two</v>", [("Ann", "one"), ("Bo", "two")]),
        ("<v Ann>one<v Bo>two", [("Ann", "one"), ("Bo", "two")]),
        ("before <v Ann>in</v> after", [(None, "before"), ("Ann", "in"), (None, "after")]),
        ("no voice at all", [(None, "no voice at all")]),
        ("<v>no name</v>", [(None, "no name")]),
        (
            "<i>it</i> <00:00:01.500>is <c.yellow>what</c> <lang en-GB>it</lang> is</>",
            [(None, "it is what it is")],
        ),
        ("1 < 2 and 3 > 2", [(None, "1 < 2 and 3 > 2")]),
        ("<v Ann>line one\nline two</v>", [("Ann", "line one\nline two")]),
        ("<v Ann> &nbsp; </v>", []),
        ("&amp;lt; stays", [(None, "&lt; stays")]),
    ],
)
def test_who_says_what_in_a_cue(cue: str, said: list[tuple[str | None, str]]) -> None:
    assert voices(cue) == said


def test_times_are_exact_to_the_millisecond() -> None:
    line = only("<v Ann>Hello</v>")
    assert (line.start_ms, line.end_ms, line.start, line.end) == (1500, 2250, 1.5, 2.25)
    (hours,) = parse(captions("101:02:03.004 --> 101:02:03.005 align:start\nx")).lines
    assert hours.start_ms == ((101 * 60 + 2) * 60 + 3) * 1000 + 4


def test_identifiers_notes_styles_and_settings_are_no_words() -> None:
    text = (
        "WEBVTT - Title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE nobody says this\n\n"
        "intro\n00:00.000 --> 00:01.000 line:0 position:20%\n<v Ann>Hello</v>\n\n"
        "NOTE\nnor\nthis\n\n00:01.000 --> 00:02.000\n<v Bo>Bye</v>\n"
    )
    assert [(line.speaker, line.text) for line in parse(text).lines] == [("Ann", "Hello"), ("Bo", "Bye")]
    assert parse(text).skipped == 0


def test_lines_are_sorted_by_start_and_keep_their_order_otherwise() -> None:
    text = captions(
        "00:05.000 --> 00:06.000\nthird",
        "00:01.000 --> 00:09.000\nfirst",
        "00:01.000 --> 00:02.000\nsecond",
    )
    assert [line.text for line in parse(text).lines] == ["first", "second", "third"]


def test_cues_with_malformed_times_are_counted() -> None:
    text = captions("00:00.000 --> 00:01.000\nread", "00:01,000 --> 00:02,000\ncomma", "what --> ever\nnot")
    assert [line.text for line in parse(text).lines] == ["read"]
    assert parse(text).skipped == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not WebVTT"),
        ("1\n00:00:01,000 --> 00:00:02,000\nSubRip\n", "not WebVTT"),
        ("WEBVTT\n", "no cue with words"),
        (captions("00:00.000 --> 00:01.000\n<v Ann></v>"), "no cue with words"),
        (captions("00:02.000 --> 00:01.000\nbackwards"), "ends before it starts"),
        (captions("00:00.000 --> 00:01.000\n" + "x" * 16_385), "more than 16384 characters"),
        (captions(f"00:00.000 --> 00:01.000\n<v {'n' * 257}>x</v>"), "name of more than 256"),
    ],
)
def test_what_cannot_be_replayed_is_refused(text: str, says: str) -> None:
    with pytest.raises(VttError, match=says):
        parse(text)


def test_a_file_may_begin_with_a_byte_order_mark_and_end_lines_as_it_likes(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_bytes(b"\xef\xbb\xbfWEBVTT\r\n\r\n00:00.000 --> 00:01.000\r\n<v Zo\xc3\xab>H\xc3\xa9</v>\r\n")
    assert [(line.speaker, line.text) for line in read(path).lines] == [("Zoë", "Hé")]


def test_a_file_that_cannot_be_read_says_which_and_why(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    with pytest.raises(VttError, match=r"a\.vtt cannot be read: No such file"):
        read(path)
    path.write_bytes(b"WEBVTT\n\n\xff")
    with pytest.raises(VttError, match=r"a\.vtt is not UTF-8 at byte 8"):
        read(path)
    path.write_bytes(b"no")
    with pytest.raises(VttError, match=r"a\.vtt: This is not WebVTT"):
        read(path)
