"""The sample meeting: a product team two days before a launch. People and product are invented."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from hub.captions.speakers import participants
from hub.client.script import Step, closing, joined, log, ordered, spoken, status
from hub.client.vtt import Line
from schemas.events import Status

TITLE = "Tidewater 2.0: ready for Thursday?"
WORDS_A_SECOND = 2.9
BREATH = 0.35
"""Seconds between two lines."""

MAYA = "Maya Lindqvist"
TOMAS = "Tomás Ferreira"
PRIYA = "Priya Raman"
JONAS = "Jonas Weber"
AIKO = "Aiko Tanaka"
PEOPLE = (MAYA, TOMAS, PRIYA, JONAS, AIKO)


class Do(Struct, frozen=True):
    """Something that happens between two lines."""

    type: str
    data: dict[str, Any]


class Wait(Struct, frozen=True):
    """Nobody says anything."""

    seconds: float


class Chapter(Struct, frozen=True):
    """A part of the meeting begins."""

    title: str


_IDS = participants(Line(speaker=name, text="", start_ms=0, end_ms=0) for name in PEOPLE)


def _who(name: str) -> dict[str, Any]:
    return {"name": name, "participant_id": _IDS[name]}


def _chat(number: int, name: str, text: str) -> Do:
    return Do("chat.message", {"message_id": f"chat-{number}", "sender": _who(name), "text": text})


def _log(level: str, message: str, source: str, **fields: Any) -> Do:
    return Do("log.entry", log(0.0, level, message, source=source, **fields).data)


def _joins(name: str, connection: int) -> Iterator[Do]:
    return (Do(step.type, step.data) for step in joined(0.0, _IDS[name], name, connection=connection))


def _leaves(name: str, connection: str, **data: str) -> Do:
    where = {"participant_id": _IDS[name], "connection_id": f"{_IDS[name]}-{connection}"}
    return Do("participant.left", where | data)


_SHARE = Do(
    "participant.joined",
    {
        "participant_id": _IDS[PRIYA],
        "connection_id": f"{_IDS[PRIYA]}-screen",
        "kind": "screenshare",
        "name": PRIYA,
    },
)

_COURSE: list[tuple[str, str] | Do | Wait | Chapter] = [
    Chapter("Where we stand"),
    Wait(1.5),
    (MAYA, "Good morning, everyone. Two days to go, so let's keep this short and honest."),
    (MAYA, "I would like to leave this call knowing whether we launch on Thursday or not."),
    (TOMAS, "Morning! Short version from engineering: we are green, with one amber light."),
    (PRIYA, "Hello from a rainy office. Design is done, I only have one question about the first screen."),
    (JONAS, "Good morning. Support is ready, or at least as ready as one can be before a launch."),
    (MAYA, "Aiko is on her way, her train is late. Tomás, tell us about the amber light."),
    Do("session.status_changed", {"status": "recording"}),
    _log("info", "Recording started", "recorder", format="opus"),
    Chapter("The slow merge"),
    (TOMAS, "It is the offline sync. When a boat comes back from a day at sea, we merge its log with ours."),
    (TOMAS, "In most cases that takes under a second. For the three largest fleets it took forty."),
    (MAYA, "Forty seconds is a long time to look at a spinner."),
    (TOMAS, "Agreed. Yesterday we found the reason. We compared every entry with every other entry."),
    (TOMAS, "Now we only compare from the last point both sides agree on. The same merge takes two seconds."),
    _chat(1, TOMAS, "Before and after, largest fleet: 41.3 s → 1.9 s"),
    (JONAS, "That was the complaint I heard most in the beta, so thank you."),
    (MAYA, "Why amber, then, and not green?"),
    (TOMAS, "Because it has run for one night only. I would like two more before I call it green."),
    *_joins(AIKO, 1),
    Wait(0.8),
    (AIKO, "Hi all, sorry! The train stood in front of a bridge for twenty minutes. What did I miss?"),
    (MAYA, "Welcome, Aiko. The slow merge is fixed, and Tomás wants two more nights of testing."),
    (AIKO, "Two nights brings us to Thursday morning. The announcement goes out at ten."),
    (TOMAS, "The night run ends at six. That leaves four hours to say no."),
    (MAYA, "Good. Then Thursday at seven is our decision point. Priya, your question?"),
    Chapter("The first screen"),
    _SHARE,
    _log("debug", "Screen share began", "roster", participant=_IDS[PRIYA]),
    (PRIYA, "Let me share my screen for a second. Can you see the harbor map?"),
    (AIKO, "Yes, and it looks lovely."),
    (PRIYA, "Thank you. This is what a new skipper sees: the map, and three boats that are not theirs."),
    (PRIYA, "In the test, four out of twelve thought they were looking at somebody else's account."),
    (JONAS, "I can confirm that. We had the same question in the beta, almost word for word."),
    (PRIYA, "So I made a second version. The map is empty, and there is one button: add your first boat."),
    (MAYA, "I like the empty one. It is honest."),
    _chat(2, AIKO, "+1 for the empty map 🌊"),
    (AIKO, "For the screenshots I need boats, but that is a different matter. In the app, empty is better."),
    (TOMAS, "It is a small change. One flag, no new text on the server."),
    _log("warning", "Audio of a participant is breaking up", "audio", participant=_IDS[JONAS], loss=0.31),
    (JONAS, "One thing about that, if we change it now, then"),
    _leaves(JONAS, "1", reason="connection_lost"),
    _log("warning", "A connection was lost", "roster", connection=f"{_IDS[JONAS]}-1"),
    Wait(1.2),
    (MAYA, "I think we lost Jonas in the middle of a sentence."),
    (PRIYA, "He is in the basement office today. The internet down there is more of a rumor."),
    _leaves(PRIYA, "screen"),
    *_joins(JONAS, 2),
    Wait(0.6),
    (JONAS, "I am back, on my phone now."),
    (JONAS, "What I wanted to say: if the first screen changes, three of our help pages change too."),
    (PRIYA, "I can send you the new pictures this afternoon."),
    (JONAS, "Then the pages are ready tomorrow at noon. No problem at all."),
    Chapter("Announcement and launch day"),
    (MAYA, "Perfect. So we take the empty map. Aiko, how does the announcement look?"),
    (AIKO, "The text is final. One picture, one sentence: come home with the same log you left with."),
    (PRIYA, "Oh, that is good. I want that on a mug."),
    (AIKO, "Mugs are in the budget, believe it or not."),
    (AIKO, "The newsletter goes to nine thousand people, in three waves, two hours apart."),
    (TOMAS, "Three waves help a lot. If something creaks, it creaks in the first one."),
    (JONAS, "And I have two more people in support from ten until six."),
    _chat(3, JONAS, "Rota for Thursday: Lena and Omar until 14:00, then Lena and me"),
    (MAYA, "What would make us stop? I prefer to agree on that while we are calm."),
    (TOMAS, "If more than one merge in a hundred fails, or if any takes longer than ten seconds."),
    (JONAS, "And from my side, if we get the same question more than twenty times in an hour."),
    (MAYA, "Then we pause the second wave, all of us, without asking who is to blame."),
    (AIKO, "I will write that down. A pause is one click for me, nobody needs to be a hero."),
    Chapter("Decisions"),
    (MAYA, "Let me sum up. We launch on Thursday at ten, if the night run is clean."),
    (MAYA, "We decide at seven, the five of us."),
    (MAYA, "Priya ships the empty map today, Jonas updates the help pages by tomorrow noon."),
    (TOMAS, "And I watch two nights of graphs, with a lot of tea."),
    (PRIYA, "May they be very boring graphs."),
    (MAYA, "To boring graphs. Thank you, everyone. See you on Thursday at seven."),
    (AIKO, "Bye, all! And somebody please save me a mug."),
]

_SUMMARY = (
    "Tidewater 2.0 launches on Thursday at ten if two more night runs of the new merge are clean; the team "
    "decides at seven. New skippers will see an empty map with one button. The newsletter goes out in three "
    "waves, and the second one is paused if more than one merge in a hundred fails, if one takes longer than "
    "ten seconds, or if support hears the same question more than twenty times in an hour."
)


def steps(run: str) -> list[Step]:
    """The script of the meeting; `run` begins every segment id."""
    said, happenings = _play_through()
    end = said[-1].end
    beginning = [
        status(-2.0, Status.JOINING),
        log(-2.0, "info", "Asked to be let into the meeting", platform="google_meet"),
        status(0.0, Status.ACTIVE),
        log(0.0, "info", "Let into the meeting, listening"),
    ]
    arrivals = [
        joined(0.1 + 0.3 * place, _IDS[name], name, connection=1)
        for place, name in enumerate((MAYA, TOMAS, PRIYA, JONAS))
    ]
    connections = {who: f"{who}-{2 if who == _IDS[JONAS] else 1}" for who in _IDS.values()}
    artifacts = [
        Step(end + 1.0, "summary.ready", {"text": _SUMMARY, "keywords": ["launch", "merge", "empty map"]}),
        Step(end + 1.2, "recording.updated", {"state": "ready", "format": "opus", "duration": end}),
    ]
    return ordered(
        beginning,
        *arrivals,
        spoken(said, _IDS, run=run),
        happenings,
        artifacts,
        closing(end, connections, len(said)),
    )


def _play_through() -> tuple[list[Line], list[Step]]:
    """Lines and happenings, each at its time; a chapter is told when it is over."""
    said: list[Line] = []
    happenings: list[Step] = []
    chapters: list[tuple[str, float]] = []
    now = 0.0
    for part in _COURSE:
        match part:
            case Wait(seconds):
                now += seconds
            case Do(kind, data):
                happenings.append(Step(now, kind, data))
            case Chapter(title):
                chapters.append((title, round(now, 3)))
            case (name, text):
                start = now + BREATH
                now = start + max(0.8, len(text.split()) / WORDS_A_SECOND)
                said.append(
                    Line(speaker=name, text=text, start_ms=round(start * 1000), end_ms=round(now * 1000))
                )
    ends = [start for _, start in chapters[1:]] + [said[-1].end]
    for (title, start), end in zip(chapters, ends, strict=True):
        happenings.append(Step(end, "chapter.added", {"title": title, "start": start, "end": end}))
    return said, happenings
