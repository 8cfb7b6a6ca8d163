"""Sets of session numbers, each as one whole number: bit n of it stands for the session with number n.

A hundred thousand sessions are 12.5 KB; Python joins, cuts and counts that in microseconds.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

PAGE = 512
"""Numbers on one page of a set that is kept in pages."""
BLOCK = 4096
"""Numbers of whom figures are kept together."""
_STEP = 512
"""Bytes looked at together."""
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Redis counts the bits of a byte from its highest."""
_FLAGS = bytes.maketrans(b"01", bytes((0, 1)))


def of_bitmap(bitmap: bytes | None) -> int:
    """The set in a bitmap of Redis."""
    return int.from_bytes(bitmap.translate(_TURNED), "little") if bitmap else 0


def of_pages(fields: Sequence[bytes]) -> int:
    """The set in a hash of pages: numbers of pages, each followed by its bitmap."""
    if not fields:
        return 0
    pages = {int(number): bitmap for number, bitmap in zip(fields[::2], fields[1::2], strict=True)}
    width = PAGE // 8
    laid = bytearray((max(pages) + 1) * width)
    for number, bitmap in pages.items():
        laid[number * width : (number + 1) * width] = bitmap
    return of_bitmap(bytes(laid))


def of(members: Iterable[int]) -> int:
    """The set of `members`."""
    listed = list(members)
    laid = bytearray(max(listed, default=0) // 8 + 1)
    for number in listed:
        laid[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(laid, "little")


def between(first: int, last: int) -> int:
    """The set of the numbers from `first` to `last`, both included; empty if `last` is smaller."""
    return 0 if last < first else (1 << last + 1) - (1 << first)


def holder(bits: int) -> Callable[[int], bool]:
    """Whether a number is a member, for many questions."""
    laid = bits.to_bytes((bits.bit_length() + 7) // 8, "little")

    def held(number: int) -> bool:
        return number >> 3 < len(laid) and bool(laid[number >> 3] >> (number & 7) & 1)

    return held


def blocks(bits: int) -> Iterator[tuple[int, int]]:
    """Blocks with members: the number of each, and the set of its members by their places on it."""
    laid = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    width = BLOCK // 8
    for block, start in enumerate(range(0, len(laid), width)):
        on_it = int.from_bytes(laid[start : start + width], "little")
        if on_it:
            yield block, on_it


def flags(bits: int, size: int) -> bytes:
    """For each number below `size`, which is more than any member, 1 if it is one, else 0."""
    return f"{bits:0{size}b}".encode().translate(_FLAGS)[::-1]


def counter(bits: int) -> Callable[[int, int], int]:
    """How many members there are from a number to another, both included, for many questions."""
    size = bits.bit_length()
    laid = bits.to_bytes((size + 7) // 8, "little")

    def counted(first: int, last: int) -> int:
        first, last = max(first, 0), min(last, size - 1)
        if last < first:
            return 0
        part = int.from_bytes(laid[first >> 3 : (last >> 3) + 1], "little") >> (first & 7)
        return (part & (1 << last - first + 1) - 1).bit_count()

    return counted


def members(bits: int, *, descending: bool, skip: int = 0) -> Iterator[int]:
    """The members in order, after `skip` of them."""
    laid = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    starts = range(0, len(laid), _STEP)
    for start in reversed(starts) if descending else starts:
        part = int.from_bytes(laid[start : start + _STEP], "little")
        count = part.bit_count()
        if skip >= count:
            skip -= count
            continue
        while part:
            bit = part.bit_length() - 1 if descending else (part & -part).bit_length() - 1
            part ^= 1 << bit
            if skip:
                skip -= 1
            else:
                yield start * 8 + bit
