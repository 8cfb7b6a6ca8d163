"""How SubRip keeps what it has nothing to escape with: a character without width stands before what would be
taken for the times of a cue, and inside of what would be taken for a tag."""

import re

NO_WIDTH = "\u200b"

_PLACES = (
    r"^{}(?=\s*\d+\s*:\s*\d.*-->)",
    r"(?<=<){}(?=/?(?:b|i|u|s|font)[\s>])",
    r"(?<=\{{){}(?=\\)",
)
_FLAGS = re.MULTILINE | re.IGNORECASE
_UNGUARDED = re.compile("|".join(place.format("") for place in _PLACES), _FLAGS)
_GUARDED = re.compile("|".join(place.format(NO_WIDTH) for place in _PLACES), _FLAGS)


def guarded(text: str) -> str:
    """`text` as it may stand in a cue of SubRip."""
    return _UNGUARDED.sub(NO_WIDTH, text)


def meant(text: str) -> str:
    """The inverse of `guarded`."""
    return _GUARDED.sub("", text)
