"""Each shape as the program writes it that the test is named for."""

import json
from typing import Any

import pytest

from hub.captions.line import CaptionsError
from hub.captions.table import parse

HELLO = ("Ann", "Hello there", 500, 1500)
BYE = ("Bo", "Bye", 1500, 2000)


def said(document: Any) -> list[tuple[str | None, str, int, int]]:
    text = document if isinstance(document, str) else json.dumps(document)
    return [(line.speaker, line.text, line.start_ms, line.end_ms) for line in parse(text).lines]


def two(one: dict[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:
    """Not in their order."""
    return [other, one]


SHAPES: dict[str, Any] = {
    "a plain list": two(
        {"speaker": "Ann", "start": 0.5, "end": 1.5, "text": "Hello there"},
        {"speaker": "Bo", "start": 1.5, "end": 2.0, "text": " Bye "},
    ),
    "one object a line": '{"speaker":"Ann","start":0.5,"end":1.5,"text":"Hello there"}\n\n'
    '{"speaker":"Bo","start":1.5,"end":2,"text":"Bye"}\n',
    "the hub, a page": {
        "data": two(
            {
                "speaker": {"name": "Ann", "participant_id": "a"},
                "start": 0.5,
                "end": 1.5,
                "text": "Hello there",
            },
            {"speaker": {"name": "Bo"}, "start": 1.5, "end": 2.0, "text": "Bye"},
        ),
        "next": None,
    },
    "Podcasting 2.0": {
        "version": "1.0.0",
        "segments": two(
            {"speaker": "Ann", "startTime": 0.5, "endTime": 1.5, "body": "Hello there"},
            {"speaker": "Bo", "startTime": 1.5, "endTime": 2, "body": "Bye"},
        ),
    },
    "WhisperX": {
        "segments": [
            {
                "start": 0.5,
                "end": 1.5,
                "text": " Hello there",
                "speaker": "Ann",
                "words": [{"word": "Hello"}],
            },
            {"start": 1.5, "end": 2.0, "text": " Bye", "speaker": "Bo"},
        ]
    },
    "AssemblyAI, in milliseconds": {
        "utterances": [
            {"speaker": "Ann", "start": 500, "end": 1500, "text": "Hello there", "confidence": 0.9},
            {"speaker": "Bo", "start": 1500, "end": 2000, "text": "Bye", "confidence": 0.9},
        ],
        "text": "Hello there Bye",
    },
    "Deepgram": {
        "metadata": {},
        "results": {
            "channels": [{"alternatives": []}],
            "utterances": [
                {"start": 0.5, "end": 1.5, "transcript": "Hello there", "speaker": "Ann"},
                {"start": 1.5, "end": 2.0, "transcript": "Bye", "speaker": "Bo"},
            ],
        },
    },
    "Amazon Transcribe": {
        "results": {
            "transcripts": [{"transcript": "Hello there Bye"}],
            "audio_segments": [
                {"start_time": "0.5", "end_time": "1.5", "transcript": "Hello there", "speaker_label": "Ann"},
                {"start_time": "1.5", "end_time": "2.0", "transcript": "Bye", "speaker_label": "Bo"},
            ],
        }
    },
    "Rev": {
        "monologues": [
            {
                "speaker": "Ann",
                "elements": [
                    {"type": "text", "value": "Hello", "ts": 0.5, "end_ts": 1.0},
                    {"type": "punct", "value": " "},
                    {"type": "text", "value": "there", "ts": 1.0, "end_ts": 1.5},
                ],
            },
            {"speaker": "Bo", "elements": [{"type": "text", "value": "Bye", "ts": 1.5, "end_ts": 2.0}]},
        ]
    },
    "Recall": [
        {
            "participant": {"id": 1, "name": "Ann"},
            "words": [
                {"text": "Hello", "start_timestamp": {"relative": 0.5}, "end_timestamp": {"relative": 1.0}},
                {"text": "there", "start_timestamp": {"relative": 1.0}, "end_timestamp": {"relative": 1.5}},
            ],
        },
        {
            "participant": {"id": 2, "name": "Bo"},
            "words": [
                {"text": "Bye", "start_timestamp": {"relative": 1.5}, "end_timestamp": {"relative": 2}}
            ],
        },
    ],
    "Fireflies": {
        "sentences": [
            {
                "speaker_name": "Ann",
                "speaker_id": 0,
                "text": "Hello there",
                "start_time": 0.5,
                "end_time": 1.5,
            },
            {"speaker_name": "Bo", "speaker_id": 1, "text": "Bye", "start_time": 1.5, "end_time": 2.0},
        ]
    },
    "clocks, and no end but a duration": [
        {"author": "Ann", "time": "00:00:00.500", "duration": 1, "text": "Hello there"},
        {"author": "Bo", "time": "0:01,5", "duration": 0.5, "text": "Bye"},
    ],
}


@pytest.mark.parametrize("name", SHAPES)
def test_who_said_what_and_when(name: str) -> None:
    assert said(SHAPES[name]) == [HELLO, BYE]


def test_whisper_cpp_says_both_clocks_and_offsets() -> None:
    document = {
        "result": {"language": "de"},
        "transcription": [
            {
                "timestamps": {"from": "00:00:00,500", "to": "00:00:01,500"},
                "offsets": {"from": 500, "to": 1500},
                "text": " Hallo",
            }
        ],
    }
    (line,) = parse(json.dumps(document)).lines
    assert (line.text, line.start_ms, line.end_ms, line.language) == ("Hallo", 500, 1500, "de")


def test_pairs_of_times_as_of_transformers() -> None:
    chunks = [{"timestamp": [0.5, 1.5], "text": "a"}, {"timestamp": [1.5, None], "text": "b"}]
    assert said({"text": "ab", "chunks": chunks}) == [(None, "a", 500, 1500), (None, "b", 1500, 1500)]


def test_times_of_day_count_from_the_first_and_tell_when_it_began() -> None:
    """As of Google Meet."""
    entries = [
        {
            "participant": "p/1",
            "text": "b",
            "startTime": "2026-01-31T10:00:02.5Z",
            "endTime": "2026-01-31T10:00:03Z",
        },
        {
            "participant": "p/2",
            "text": "a",
            "startTime": "2026-01-31T11:00:00+01:00",
            "languageCode": "en-US",
        },
    ]
    found = parse(json.dumps({"transcriptEntries": entries}))
    assert [(line.speaker, line.start_ms, line.end_ms, line.language) for line in found.lines] == [
        ("p/2", 0, 2500, "en-US"),
        ("p/1", 2500, 3000, None),
    ]
    assert found.started_ms == 1_769_853_600_000


def test_speakers_may_be_numbers() -> None:
    assert said([{"speaker": 0, "start": 0, "end": 1, "text": "a"}]) == [("Speaker 0", "a", 0, 1000)]
    assert said([{"speaker": None, "start": 0, "end": 1, "text": "a"}]) == [(None, "a", 0, 1000)]


def test_whole_seconds_are_seconds_if_somebody_could_speak_so_fast() -> None:
    rows = [{"start": n * 60, "end": n * 60 + 60, "text": "word " * 30} for n in range(3)]
    assert [start for _who, _text, start, _end in said(rows)] == [0, 60_000, 120_000]


def test_a_segment_without_an_end_goes_up_to_the_next() -> None:
    rows = [{"start": 1.5, "text": "a"}, {"start": 3.5, "text": "b"}]
    assert said(rows) == [(None, "a", 1500, 3500), (None, "b", 3500, 3500)]


def test_empty_texts_say_nothing() -> None:
    assert said([{"start": 1.5, "text": "  "}, {"start": 3.5, "text": "b"}]) == [(None, "b", 3500, 3500)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", r"not JSON: line 1: "),
        ('[\n{"start": 1,\n"text": }]', r"not JSON: line 3: "),
        ('{"start": 1, "text": "a"}\n{"start": 2, "te', r"^Line 2 is not JSON"),
        ("[" * 100_000, "nested too deep"),
        ('{"a": {"segments": []}}', "no list of segments"),
        ('"text"', "no list of segments"),
        ("[]", "no words"),
        ("[1]", r"^`\$\[0\]` is not an object"),
        ('{"segments": [{"start": 1}]}', r"^`\$\.segments\[0\]` has no text"),
        ('{"results": {"utterances": [{"text": "a"}]}}', r"^`\$\.results\.utterances\[0\]` has no start"),
        ('[{"start": 1, "text": "a"}, {"start": true, "text": "b"}]', r"^`\$\[1\]\.start` is not a time"),
        ('[{"start": "soon", "text": "a"}]', r"^`\$\[0\]\.start` is not a time"),
        ('[{"start": 1e300, "text": "a"}]', r"^`\$\[0\]\.start` is not a time"),
        ('[{"start": 2.5, "end": 1.5, "text": "a"}]', r"^`\$\[0\]` ends before it starts"),
        ('[{"start": -1.5, "text": "a"}]', r"^`\$\[0\]` is not within a year"),
        ('[{"start": 1, "end": "2026-01-31T10:00:00Z", "text": "a"}]', "times of day and others are not"),
        ('[{"start": 1, "text": "%s"}]' % ("x" * 16_385), r"^`\$\[0\]` has more than 16384 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_place(text: str, says: str) -> None:
    with pytest.raises(CaptionsError, match=says):
        parse(text)
