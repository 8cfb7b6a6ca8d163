"""Numbers for names: those there were stay, and others are not among them."""

from hypothesis import given
from hypothesis import strategies as st

from hub.core.stand_in import number_of

KEPT = 2**48


@given(st.text())
def test_a_name_has_a_number_of_its_own(name: str) -> None:
    number = number_of(name)
    assert number == number_of(name)
    assert 1 <= number <= 2**49
    assert number_of(str(number)) == number or number > KEPT


@given(st.integers(1, KEPT))
def test_a_number_stays(number: int) -> None:
    assert number_of(str(number)) == number


def test_what_only_looks_like_one_does_not() -> None:
    names = [
        "",
        "0",
        "01",
        "-1",
        "1.0",
        " 1",
        "1\n",
        "\u0661",
        str(KEPT + 1),
        "9" * 4300,
        "ann",
        "Ann",
        "ann ",
    ]
    numbers = [number_of(name) for name in names]
    assert all(number > KEPT for number in numbers)
    assert len(set(numbers)) == len(names)


def test_it_never_changes() -> None:
    assert number_of("acme") == 424_597_038_925_762
