"""What a model is sent of a transcript, and what its answers mean."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.summary import prompt
from hub.summary.spoken import Line
from schemas import codec


def line(number: int, size: int) -> Line:
    return Line(speaker="Ann", text=f"{number} " + "x" * size, start=number, position=number, language=None)


# Nearly a megabyte of text an example: how long that takes is the machine's.
@settings(deadline=None)
@given(st.lists(st.integers(1, 16_384), min_size=1, max_size=60))
def test_parts_are_bounded_and_hold_all_in_order(sizes: list[int]) -> None:
    parts = prompt.parts([line(number, size) for number, size in enumerate(sizes)])
    assert parts.complete
    assert all(0 < len(text) <= prompt.PART for text in parts.texts)
    numbers = [int(text.split()[2]) for part in parts.texts for text in part.splitlines()]
    assert numbers == list(range(len(sizes)))


def test_of_a_transcript_that_is_too_long_the_middle_is_left_out() -> None:
    parts = prompt.parts([line(number, prompt.PART // 2) for number in range(100)])
    assert (len(parts.texts), parts.complete) == (prompt.MAX_PARTS, False)
    numbers = [int(text.split()[2]) for part in parts.texts for text in part.splitlines()]
    assert numbers == [*range(16), *range(84, 100)]
    ready = prompt.understood("All.", "m", complete=False)
    assert ready is not None
    assert ready.notes == "The transcript was too long: its middle was left out."


@settings(deadline=None)
@given(st.lists(st.text(max_size=200_000), min_size=2, max_size=prompt.MAX_PARTS))
def test_notes_are_asked_about_within_bounds(notes: list[str]) -> None:
    (_system, asked) = prompt.of_notes(notes)
    assert len(asked["content"]) <= prompt.PART + 20 * len(notes)


answers = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",))),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=("Cs",))),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(("summary", "notes", "keywords")), inner)
        ),
    ).map(lambda value: codec.encode(value).decode()),
)


@given(answers, st.booleans())
def test_any_answer_is_bounded_or_none(answer: str, complete: bool) -> None:
    ready = prompt.understood(answer, "m", complete=complete)
    if ready is None:
        return
    assert 0 < len(ready.text.encode()) <= prompt.MAX_TEXT
    assert len((ready.notes or "").encode()) <= prompt.MAX_TEXT + 100
    assert len(ready.keywords) <= prompt.MAX_KEYWORDS
    assert all(0 < len(word) <= prompt.MAX_KEYWORD for word in ready.keywords)
