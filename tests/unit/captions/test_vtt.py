import pytest

from hub.captions.line import CaptionsError, Line
from hub.captions.vtt import parse, voices


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


def test_what_is_no_cue_is_left_out_and_counted() -> None:
    text = captions("00:00.000 --> 00:01.000\nread", "nobody says\nthis", "NOTE\nnor this")
    assert [line.text for line in parse(text).lines] == ["read"]
    assert parse(text).skipped == 1


@pytest.mark.parametrize("times", ["what --> ever", "00:61.000 --> 01:02.000", "1 --> 2", "00:01.000 -->"])
def test_times_that_cannot_be_read_are_refused_by_their_line(times: str) -> None:
    text = captions("00:00.000 --> 00:01.000\nread", f"id\n{times}\nnot")
    with pytest.raises(CaptionsError, match=r"^The times on line 7 cannot be read\.$"):
        parse(text)


def test_times_may_be_written_as_others_write_them() -> None:
    said = [(line.start_ms, line.end_ms) for line in parse(captions("0:1,5-->0:0:2\nx")).lines]
    assert said == [(1500, 2000)]


def test_the_head_may_name_the_language_and_run_into_the_first_cue() -> None:
    text = "WEBVTT some title\nKind: captions\nLanguage: en_GB\n00:01.000 --> 00:02.000\nx\n"
    (line,) = parse(text).lines
    assert (line.text, line.language) == ("x", "en-GB")


def test_times_begin_another_cue_without_an_empty_line() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\na\n00:02.000 --> 00:03.000\nb\n \nc\n"
    assert [line.text for line in parse(text).lines] == ["a", "b\n \nc"]


def test_without_voices_a_name_may_stand_before_a_colon() -> None:
    """As in the files of Zoom."""
    text = captions(
        "1\n00:01.000 --> 00:02.000\nAnn Lee: Good morning: all",
        "2\n00:02.000 --> 00:03.000\nBo: Hello",
        "3\n00:03.000 --> 00:04.000\nand goodbye",
    )
    said = [(line.speaker, line.text) for line in parse(text).lines]
    assert said == [("Ann Lee", "Good morning: all"), ("Bo", "Hello"), (None, "and goodbye")]


def test_not_all_that_stands_before_a_colon_is_a_name() -> None:
    cues = (f"00:0{n}.000 --> 00:0{n + 1}.000\n{text}" for n, text in enumerate(["a", "b", "Note: c"]))
    assert [line.speaker for line in parse(captions(*cues)).lines] == [None] * 3
    with_voices = captions("00:01.000 --> 00:02.000\n<v Ann>Note: this")
    assert [(line.speaker, line.text) for line in parse(with_voices).lines] == [("Ann", "Note: this")]


@pytest.mark.parametrize("text", ["<v " * 500_000, "x<v" + " " * 1_500_000, "<1" * 700_000, "<v." * 500_000])
def test_long_cues_take_no_time(text: str) -> None:
    """Quadratic work would take hours."""
    with pytest.raises(CaptionsError, match="The cue on line 3 has more than 16384 characters"):
        parse(captions(f"00:00.000 --> 00:01.000\n{text}{'x' * 16_385}"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not WebVTT"),
        ("1\n00:00:01,000 --> 00:00:02,000\nSubRip\n", "not WebVTT"),
        ("WEBVTT\n", "no words"),
        (captions("00:00.000 --> 00:01.000\n<v Ann></v>"), "no words"),
        (captions("00:02.000 --> 00:01.000\nbackwards"), "The cue on line 3 ends before it starts"),
        (captions("00:00.000 --> 00:01.000\n" + "x" * 16_385), "more than 16384 characters"),
        (captions(f"00:00.000 --> 00:01.000\n<v {'n' * 257}>x</v>"), "name of more than 256"),
    ],
)
def test_what_cannot_be_replayed_is_refused(text: str, says: str) -> None:
    with pytest.raises(CaptionsError, match=says):
        parse(text)
