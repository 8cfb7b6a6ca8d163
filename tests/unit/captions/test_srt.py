import pytest

from hub.captions.guard import NO_WIDTH, guarded, meant
from hub.captions.line import CaptionsError
from hub.captions.srt import parse


def said(text: str) -> list[tuple[str | None, str, int, int]]:
    return [(line.speaker, line.text, line.start_ms, line.end_ms) for line in parse(text).lines]


def test_a_file_as_most_are() -> None:
    text = (
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\nAnn: Hello\r\nall\r\n\r\n"
        "2\r\n00:00:02,500 --> 00:00:03,000\r\nBo: Bye\r\n"
    )
    assert said(text) == [("Ann", "Hello\nall", 1000, 2500), ("Bo", "Bye", 2500, 3000)]


A, B = "00:00:01,000 --> 00:00:02,000", "00:00:02,000 --> 00:00:03,000"


@pytest.mark.parametrize(
    "text",
    [
        f"{A}\na\n\n{B}\nb\n",
        f"1\n{A}\na\n2\n{B}\nb",
        "1\n00:00:01.000-->00:00:02.000\na\n \n2\n0:0:2 --> 0:0:3\nb\n\n",
        f"\n\n1\n{A} X1:1 Y1:2\n\na\n\n\n\n7\n{B}\n\nb\n\n",
        f"1\n{A}\n<i>a</i>\n\n2\n{B}\n{{\\an8}}<font color='red'>b",
        f"1\n00:00:00,000 --> 00:00:01,000\n\n\n2\n{A}\na\n\n3\n00:02,0 --> 00:03,0\nb\n",
    ],
)
def test_whatever_programs_make_of_it(text: str) -> None:
    assert said(text) == [(None, "a", 1000, 2000), (None, "b", 2000, 3000)]


def test_numbers_and_empty_lines_may_be_words() -> None:
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\n1984\n\nwas a year\n2024\n\n2\n00:00:02,000 --> 00:00:03,000\n5\n"
    )
    assert [line.text for line in parse(text).lines] == ["1984\nwas a year\n2024", "5"]


def test_broadcasts_mark_another_speaker() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n>> ANN: Hello\n"
    assert said(text) == [("ANN", "Hello", 1000, 2000)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "This is not SubRip: there are no times in it."),
        ("Dear all\n\n1\n00:00:01,000 --> 00:00:02,000\na\n", "line 1 is neither a number nor times"),
        ("1\n00:00:01,000 --> 00:00:02,000\na\n\n2\nlater --> on\nb\n", "times on line 6 cannot be read"),
        ("1\n00:00:01,000 --> 00:00:02,000\na\n00:99:01,000 --> 00:00:02,000\n", "line 4 cannot be read"),
        ("1\n00:00:02,000 --> 00:00:01,000\na\n", "The cue on line 2 ends before it starts"),
        ("1\n99999:00:02,000 --> 99999:01:01,000\na\n", "The cue on line 2 is not within a year"),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n", "There are no words"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_line(text: str, says: str) -> None:
    with pytest.raises(CaptionsError, match=says):
        parse(text)


@pytest.mark.parametrize(
    "text", ["00:00:01,000 --> x", "a\n7:8 -->", "<b>", "</I>", "<font size=1>", "{\\an8}", "<br>", "a > b"]
)
def test_what_is_no_markup_is_guarded_and_comes_back(text: str) -> None:
    assert meant(guarded(text)) == text
    assert said(f"1\n00:00:01,000 --> 00:00:02,000\n{guarded(text)}\n") == [(None, text, 1000, 2000)]
    assert (NO_WIDTH in guarded(text)) == (text not in ("<br>", "a > b"))
