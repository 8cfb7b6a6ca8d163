"""Who speaks in a file: an id for each name."""

import re
import unicodedata
from collections.abc import Iterable

from hub.captions.line import Line


def participants(lines: Iterable[Line]) -> dict[str, str]:
    """A participant id for each speaker's name, readable and different from all others."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    last: dict[str, int] = {}
    for line in lines:
        if line.speaker is None or line.speaker in ids:
            continue
        base = name = slug(line.speaker)
        while name in taken:
            last[base] = last.get(base, 1) + 1
            name = f"{base}-{last[base]}"
        taken.add(name)
        ids[line.speaker] = name
    return ids


def slug(name: str) -> str:
    """`name` in lower-case ASCII letters, digits and hyphens, 48 characters at most; never empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or "speaker"
