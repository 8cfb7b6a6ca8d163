"""Sets of numbers against sets of Python, and against the bitmaps of Redis bit by bit."""

from hypothesis import given
from hypothesis import strategies as st

from hub.core import numbers

SETS = st.sets(st.integers(0, 3 * numbers.PAGE * 8), max_size=60)


def bitmap(members: set[int]) -> bytes:
    """What SETBIT makes of them."""
    laid = bytearray(max(members, default=0) // 8 + 1)
    for number in members:
        laid[number // 8] |= 0x80 >> number % 8
    return bytes(laid)


@given(SETS)
def test_they_hold_their_members_in_order(members: set[int]) -> None:
    bits = numbers.of(members)
    assert bits.bit_count() == len(members)
    assert list(numbers.members(bits, descending=False)) == sorted(members)
    assert list(numbers.members(bits, descending=True)) == sorted(members, reverse=True)


@given(SETS, st.integers(0, 70), st.booleans())
def test_some_are_left_out(members: set[int], skip: int, descending: bool) -> None:
    found = numbers.members(numbers.of(members), descending=descending, skip=skip)
    assert list(found) == sorted(members, reverse=descending)[skip:]


@given(SETS)
def test_a_bitmap_is_a_set(members: set[int]) -> None:
    assert numbers.of_bitmap(bitmap(members)) == numbers.of(members)


@given(SETS)
def test_pages_are_a_set(members: set[int]) -> None:
    pages: dict[int, set[int]] = {}
    for number in members:
        pages.setdefault(number // numbers.PAGE, set()).add(number % numbers.PAGE)
    fields: list[bytes] = []
    for page, held in pages.items():
        fields += (b"%d" % page, bitmap(held).ljust(numbers.PAGE // 8, b"\0"))
    assert numbers.of_pages(fields) == numbers.of(members)


@given(SETS, st.integers(-1, 5000), st.integers(-1, 5000))
def test_a_stretch_is_a_set(members: set[int], first: int, last: int) -> None:
    first = max(first, 0)
    held = numbers.of(members) & numbers.between(first, last)
    assert list(numbers.members(held, descending=False)) == sorted(n for n in members if first <= n <= last)


@given(SETS, st.integers(0, 40_000))
def test_many_questions(members: set[int], number: int) -> None:
    held = numbers.holder(numbers.of(members))
    assert held(number) is (number in members)
    assert all(map(held, members))


def test_nothing_is_the_empty_set() -> None:
    assert numbers.of_bitmap(None) == numbers.of_pages([]) == numbers.of([]) == 0
    assert list(numbers.members(0, descending=True)) == []


@given(SETS, st.integers(-9, 13_000), st.integers(-9, 13_000))
def test_a_part_is_counted(members: set[int], first: int, last: int) -> None:
    counted = numbers.counter(numbers.of(members))
    assert counted(first, last) == sum(first <= number <= last for number in members)
    assert counted(0, 2**60) == len(members)


@given(st.sets(st.integers(0, 5 * numbers.BLOCK), max_size=20))
def test_blocks_hold_all(members: set[int]) -> None:
    found = list(numbers.blocks(numbers.of(members)))
    assert {block for block, _on_it in found} == {number // numbers.BLOCK for number in members}
    assert [
        block * numbers.BLOCK + place
        for block, on_it in found
        for place, flag in enumerate(numbers.flags(on_it, numbers.BLOCK))
        if flag
    ] == sorted(members)
    assert all(len(numbers.flags(on_it, numbers.BLOCK)) == numbers.BLOCK for _block, on_it in found)
