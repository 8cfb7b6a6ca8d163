"""Time stamps that events carry, to tell how long they were under way.

One clock for all processes of a machine, always 19 digits, so that a prebuilt request can be stamped in
place.
"""

import re
import time

STAMP = b"1000000000000000000"
"""What a prebuilt request holds where its stamp goes; writers put the time of sending there."""
KEY = b'"t":'
"""What stands before a stamp in what a server sends."""
_STAMPED = re.compile(rb'"t":([0-9]{19})')
_EPOCH = int(STAMP)


def now() -> int:
    """Nanoseconds of the machine's monotonic clock (CLOCK_MONOTONIC), plus 10**18."""
    return _EPOCH + time.monotonic_ns()


def newest(buffer: bytearray, end: int) -> int | None:
    """The last stamp of the first `end` bytes; None if there is none that is whole."""
    at = buffer.rfind(KEY, 0, end)
    if at < 0 or at + 23 > end:
        return None
    digits = buffer[at + 4 : at + 23]
    return int(digits) if digits.isdigit() else None


def all_stamps(buffer: bytearray, end: int) -> list[int]:
    """Every whole stamp of the first `end` bytes."""
    return [int(digits) for digits in _STAMPED.findall(memoryview(buffer)[:end])]


def places(request: bytes) -> list[int]:
    """Where `request` holds `STAMP`."""
    return [found.start() for found in re.finditer(STAMP, request)]
