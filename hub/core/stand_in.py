"""Whole numbers that stand for names, for who knows users and organizations by number only."""

import hashlib
import re

_DECIMAL = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)
_LAST = 2**48


def number_of(name: str) -> int:
    """The number that always stands for `name`, from 1 to 2^49; JavaScript holds such numbers exactly.

    A number up to 2^48 stands for itself, so that who had numbers before keeps them; anything else has one
    beyond, of 48 bits of its digest.
    """
    if _DECIMAL.fullmatch(name) and int(name) <= _LAST:
        return int(name)
    return _LAST + 1 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")
