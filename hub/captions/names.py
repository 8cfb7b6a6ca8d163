"""What transcripts in JSON call their parts; of several that are there the first one counts.

In use by the hub's own exports, the Podcasting 2.0 transcript, Whisper and what is built on it, and the
better known services of speech recognition and meeting bots.
"""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LISTS = _names(
    "segments utterances sentences monologues transcriptEntries entries audio_segments cues captions "
    "lines chunks transcription transcript transcripts data results"
)
"""Of the list of what was said."""
AROUND = _names("results result response data transcript transcription")
"""Of objects that the list may be in."""
TEXT = _names("text transcript body content sentence utterance caption")
WORDS = _names("words elements tokens")
"""Of the list that a text is put together from where there is none."""
WORD = _names("punctuated_word text word value content")
SPEAKER = _names(
    "speaker_name speakerName participant_name participantName speaker speaker_label speakerLabel "
    "participant name author who"
)
NAME = _names("name display_name displayName full_name fullName label id")
"""Inside of a speaker that is an object."""
START = _names(
    "start start_time startTime start_ms startMs begin begin_time beginTime from start_timestamp "
    "startTimestamp startOffset ts offset time"
)
END = _names("end end_time endTime end_ms endMs stop to end_timestamp endTimestamp endOffset end_ts finish")
LENGTH = _names("duration dur duration_ms durationMs")
PAIRS = (("offsets", "_ms"), ("timestamps", ""))
"""Of objects with `from` and `to`, each with the ending of a time in the same unit."""
MILLISECONDS = ("_ms", "Ms")
"""How names of times in milliseconds end."""
LANGUAGE = _names("language language_code languageCode lang")
