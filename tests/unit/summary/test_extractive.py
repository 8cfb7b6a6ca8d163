"""Summaries in a session's own words, of anything that may have been said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.summary import extractive
from hub.summary.extractive import keywords, language, summarized
from hub.summary.generator import SummaryFailure
from hub.summary.spoken import Line


def line(text: str, speaker: str | None = None, spoken: str | None = None) -> Line:
    return Line(speaker=speaker, text=text, start=0, position=0, language=spoken)


lines = st.lists(
    st.builds(
        line,
        # As segments are read: without surrogates, which no JSON has, and on one line.
        st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(lambda text: text.split()),
        st.sampled_from(("Ann", "Bob", None)),
        st.sampled_from(("en", "de-DE", "zh", "xx", None)),
    ),
    min_size=1,
)


@settings(deadline=None)
@given(lines)
def test_whatever_was_said_is_summarized_within_bounds(said: list[Line]) -> None:
    summary = summarized(said)
    assert 0 < len(summary.text) <= extractive.SENTENCES * (extractive.LONGEST + 10)
    assert summary.model == "extractive"
    assert len(summary.keywords) <= extractive.KEYWORDS
    assert all(0 < len(word) <= extractive.MAX_KEYWORD for word in summary.keywords)


def test_nothing_is_no_summary() -> None:
    with pytest.raises(SummaryFailure):
        summarized([])


@pytest.mark.parametrize(
    ("spoken", "known"),
    [
        (["de-AT", "de", "en"], "de"),
        (["cs"], "cz"),
        (["nb-NO"], "no"),
        (["EN-us"], "en"),
        (["tlh"], "en"),
        ([None, None, "fr"], "fr"),
        ([None], "en"),
    ],
)
def test_the_language_is_that_of_most_lines(spoken: list[str | None], known: str) -> None:
    assert language([line("a", spoken=name) for name in spoken]) == known


def test_yake_knows_every_language_it_is_asked_for() -> None:
    """It panics over one that it does not know; then there would be no keywords."""
    for name in extractive._KNOWN:
        assert keywords("Zebra giraffe elephant.", name), name


def test_a_panic_of_yake_costs_the_keywords_only() -> None:
    assert keywords("Zebra giraffe.", "no such language") == []


def test_a_sentence_runs_on_through_the_segments_of_a_speaker() -> None:
    said = [
        line("We will ship the empty map", "Ann"),
        line("on the third of May.", "Ann"),
        line("Good.", "Bob"),
    ]
    assert summarized(said).text == "Ann: We will ship the empty map on the third of May."


def test_what_was_said_already_counts_less() -> None:
    same = [line(f"The budget of the launch is small, number {n}.", "Ann") for n in range(30)]
    other = line("Our customer wants a map with better colours.", "Bob")
    assert (
        "Bob: Our customer wants a map with better colours." in summarized([*same, other]).text.splitlines()
    )


def test_only_so_much_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractive, "MAX_CHARACTERS", 60)
    said = [
        line("The first sentence is looked at, of course."),
        line("The second sentence is not looked at."),
    ]
    assert summarized(said).text == "The first sentence is looked at, of course."
