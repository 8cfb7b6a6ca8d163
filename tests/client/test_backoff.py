from hub.client.backoff import Backoff


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(first=1, most=8, draw=lambda: 1.0)
    assert [backoff.next() for _ in range(5)] == [1, 2, 4, 8, 8]


def test_a_wait_is_between_half_and_all_of_its_ceiling() -> None:
    shortest = Backoff(first=1, most=8, draw=lambda: 0.0)
    assert [shortest.next() for _ in range(4)] == [0.5, 1, 2, 4]
    drawn = Backoff(first=1, most=1)
    waits = {drawn.next() for _ in range(50)}
    assert len(waits) > 10
    assert all(0.5 <= wait <= 1 for wait in waits)


def test_what_the_hub_asks_for_is_the_least() -> None:
    backoff = Backoff(first=1, most=8, draw=lambda: 1.0)
    assert backoff.next(5) == 5
    assert backoff.next(1) == 2


def test_success_begins_anew() -> None:
    backoff = Backoff(first=1, most=8, draw=lambda: 1.0)
    backoff.next()
    backoff.next()
    backoff.reset()
    assert backoff.next() == 1
