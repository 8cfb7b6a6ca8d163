import json

import pytest

from hub.client.batch import MAX_BYTES, MAX_EVENTS, Outgoing, first_batch, fits, outgoing, request_body


def event(size: int) -> Outgoing:
    return Outgoing(b"x" * size, "k")


def batches(events: list[Outgoing]) -> list[int]:
    sizes = []
    while events:
        batch = first_batch(events)
        sizes.append(len(batch))
        events = events[len(batch) :]
    return sizes


def test_a_batch_has_500_events_at_most() -> None:
    assert batches([event(10)] * (2 * MAX_EVENTS + 1)) == [MAX_EVENTS, MAX_EVENTS, 1]


def test_a_batch_fills_one_mebibyte_to_the_byte_and_not_beyond() -> None:
    half = (MAX_BYTES - 3) // 2
    rest = MAX_BYTES - 3 - half
    assert batches([event(half), event(rest)]) == [2]
    assert len(request_body([event(half), event(rest)])) == MAX_BYTES
    assert batches([event(half), event(rest + 1)]) == [1, 1]


def test_an_event_too_large_for_any_request_is_alone_in_its_batch() -> None:
    assert fits(event(MAX_BYTES - 2))
    assert not fits(event(MAX_BYTES - 1))
    assert batches([event(10), event(2 * MAX_BYTES), event(10)]) == [1, 1, 1]


def test_no_events_are_no_batch() -> None:
    assert first_batch([]) == []


def test_an_event_gets_a_key_unless_it_has_one() -> None:
    made = outgoing({"type": "x.a", "data": {"n": 1}}, "fresh")
    assert made.key == "fresh"
    assert json.loads(made.body) == {"type": "x.a", "data": {"n": 1}, "idempotency_key": "fresh"}
    assert outgoing({"type": "x.a", "idempotency_key": "own"}, "fresh").key == "own"


def test_a_key_of_a_wrong_type_is_left_for_the_hub_to_refuse() -> None:
    assert json.loads(outgoing({"type": "x.a", "idempotency_key": 7}, "fresh").body)["idempotency_key"] == 7


def test_the_body_is_an_array_of_the_events() -> None:
    events = [outgoing({"type": "x.a", "data": {"text": "“ü”"}}, str(n)) for n in range(3)]
    assert [e["idempotency_key"] for e in json.loads(request_body(events))] == ["0", "1", "2"]
    with pytest.raises(TypeError):
        outgoing({"type": "x.a", "data": object()}, "k")
