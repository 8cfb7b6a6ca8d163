"""What was said, as summaries are written of it."""

from typing import Any

from hub.core.fold import initial
from hub.core.transcript import Segment
from hub.live.transcripts import Whole
from hub.summary.spoken import Line, lines
from schemas.session import Speaker


def segment(position: int, text: str, start: float, **more: Any) -> Segment:
    return Segment(segment_id=f"s{position}", position=position, text=text, start=start, **more)


def test_lines_are_in_order_and_say_something() -> None:
    said = [
        segment(0, " later\n on ", 2, speaker=Speaker(name="Ann"), language="de"),
        segment(1, "first", 1),
        segment(2, "with it", 1),
        segment(3, " \n", 1),
        segment(4, "taken back", 1, retracted=True),
    ]
    whole = Whole(initial("ses_1"))
    whole.add(said)
    found = [line for page in whole.by_start() for line in lines(page, "fr")]
    whole.close()
    assert found == [
        Line(speaker=None, text="first", start=1, position=1, language="fr"),
        Line(speaker=None, text="with it", start=1, position=2, language="fr"),
        Line(speaker="Ann", text="later on", start=2, position=0, language="de"),
    ]
