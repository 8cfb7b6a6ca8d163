"""From what a publisher sent to a draft: strict refusals that name the place, one form for equal content."""

import datetime
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.core.made_entries import DATA, any_json, bounded, drafted, events, events_of, segments

from hub.core import event, lifecycle
from hub.errors import HubError
from schemas import codec
from schemas.events import EVENT_TYPES, Channel, Event, Status, StatusChanged

PUBLISHED = sorted(name for name in DATA if name not in EVENT_TYPES or not EVENT_TYPES[name].reserved)
RESERVED = sorted(set(DATA) - set(PUBLISHED))

SEGMENT = {"segment_id": "s-1", "final": True, "text": "hello", "start": 0, "end": 1}
JOINED = {"participant_id": "p", "connection_id": "c", "name": "Ada"}


def _draft(
    event_type: str, data: bytes | dict[str, Any], index: int | None = None, **more: Any
) -> event.Draft:
    raw = data if isinstance(data, bytes) else codec.encode(data)
    return event.draft(Event(type=event_type, data=msgspec.Raw(raw), **more), index=index)


def _refusal(*args: Any, **more: Any) -> HubError:
    with pytest.raises(HubError) as refusal:
        _draft(*args, **more)
    return refusal.value


def _nested(levels: int) -> bytes:
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


WRONG = [
    ("transcript.segment", SEGMENT | {"final": "yes"}, ".final"),
    ("transcript.segment", SEGMENT | {"revision": -1}, ".revision"),
    ("transcript.segment", SEGMENT | {"revision": 1.5}, ".revision"),
    ("transcript.segment", SEGMENT | {"text": None}, ".text"),
    ("transcript.segment", SEGMENT | {"text": "x" * 16_385}, ".text"),
    ("transcript.segment", SEGMENT | {"start": -0.1}, ".start"),
    ("transcript.segment", SEGMENT | {"end": 31_536_001}, ".end"),
    ("transcript.segment", SEGMENT | {"confidence": 1.01}, ".confidence"),
    ("transcript.segment", SEGMENT | {"language": "e n"}, ".language"),
    ("transcript.segment", SEGMENT | {"segment_id": ""}, ".segment_id"),
    ("transcript.segment", SEGMENT | {"segment_id": "a b"}, ".segment_id"),
    ("transcript.segment", SEGMENT | {"segment_id": "a\n"}, ".segment_id"),
    ("transcript.segment", SEGMENT | {"segment_id": "x" * 129}, ".segment_id"),
    ("transcript.segment", SEGMENT | {"speaker": {"name": ""}}, ".speaker.name"),
    ("transcript.segment", SEGMENT | {"speaker": {"name": "A", "age": 1}}, ".speaker"),
    ("transcript.segment", SEGMENT | {"words": [{"text": "a", "start": 0, "end": "x"}]}, ".words[0].end"),
    ("transcript.segment", SEGMENT | {"words": [{"text": "", "start": 0, "end": 0}] * 1001}, ".words"),
    ("transcript.segment", SEGMENT | {"start": 2}, ""),
    ("transcript.segment", SEGMENT | {"bogus": 1}, ""),
    ("transcript.segment", {"segment_id": "s-1"}, ""),
    ("transcript.speaker_corrected", {"segment_ids": [], "speaker": {"name": "A"}}, ".segment_ids"),
    ("transcript.speaker_corrected", {"segment_ids": ["a", ""], "speaker": {"name": "A"}}, ".segment_ids[1]"),
    ("transcript.speaker_corrected", {"segment_ids": ["a"] * 501, "speaker": {"name": "A"}}, ".segment_ids"),
    ("participant.joined", JOINED | {"kind": "phone"}, ".kind"),
    ("participant.joined", JOINED | {"role": "a b"}, ".role"),
    ("participant.joined", JOINED | {"role": "host\n"}, ".role"),
    ("participant.joined", JOINED | {"avatar_url": "javascript:alert(1)"}, ".avatar_url"),
    ("participant.updated", {"participant_id": "p", "name": None}, ".name"),
    ("session.status_changed", {"status": "gone"}, ".status"),
    ("session.updated", {"scheduled_for": "2026-01-01T00:00:00"}, ".scheduled_for"),
    ("session.updated", {"scheduled_for": "0001-01-01T00:00:00+14:00"}, ".scheduled_for"),
    ("session.updated", {"metadata": {"a": "x" * 16_384}}, ".metadata"),
    ("session.updated", {"metadata": []}, ".metadata"),
    ("session.updated", {"user": {"nickname": "a"}}, ".user"),
    ("log.entry", {"level": "fatal", "message": ""}, ".level"),
    ("chat.message", [], ""),
    ("chat.message", None, ""),
    ("x.mine", [], ""),
    ("x.mine", "text", ""),
]


@pytest.mark.parametrize(("event_type", "data", "path"), WRONG)
@pytest.mark.parametrize(("index", "root"), [(None, "$.data"), (3, "$[3].data")])
def test_wrong_data_is_refused_and_the_place_named(event_type, data, path, index, root):
    refusal = _refusal(event_type, codec.encode(data), index)
    place = {} if index is None else {"index": index}
    assert (refusal.code, refusal.details) == ("invalid_field", {"field": root + path} | place)
    assert " - at `" not in refusal.message


@pytest.mark.parametrize(("index", "root"), [(None, "$"), (0, "$[0]")])
def test_an_unknown_type_is_refused(index, root):
    refusal = _refusal("meeting.started", {}, index)
    place = {} if index is None else {"index": index}
    assert (refusal.code, refusal.details) == ("unknown_type", {"field": f"{root}.type"} | place)


@pytest.mark.parametrize("event_type", RESERVED)
def test_what_only_the_hub_writes_is_refused(event_type):
    refusal = _refusal(event_type, {}, 2)
    assert (refusal.code, refusal.details) == ("reserved_type", {"index": 2})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"{} {}", "invalid_json"),
        (b"{'a':1}", "invalid_json"),
        (b'{"a":NaN}', "invalid_json"),
        (b'{"a":"\x00"}', "invalid_json"),
        (b"{\x00}", "invalid_json"),
        (b'{"text":"\xff"}', "invalid_utf8"),
        (b"\xef\xbb\xbf{}", "invalid_json"),
        (_nested(100_000), "invalid_json"),
    ],
)
def test_what_is_no_json_is_refused(data, code):
    assert _refusal("x.mine", data).code == code


@pytest.mark.parametrize(
    ("event_type", "field", "before", "after"),
    [
        ("x.mine", "$.data", b"", b""),
        ("peer.report", "$.data.quality", b'{"participant_id":"p","quality":', b"}"),
        ("session.updated", "$.data.metadata", b'{"metadata":', b"}"),
        ("log.entry", "$.data.fields", b'{"level":"info","message":"","fields":', b"}"),
    ],
)
def test_free_data_has_a_greatest_depth(event_type, field, before, after):
    assert _draft(event_type, before + _nested(event.MAX_DEPTH) + after)
    deep = before + _nested(event.MAX_DEPTH + 1) + after
    refusal = _refusal(event_type, deep)
    assert (refusal.code, refusal.details) == ("invalid_field", {"field": field})
    lists = before + b'{"a":' + b"[" * event.MAX_DEPTH + b"]" * event.MAX_DEPTH + b"}" + after
    assert _refusal(event_type, lists).details == {"field": field}


def test_an_event_has_a_greatest_size():
    frame = len(b'{"a":""}')
    full = _draft("x.mine", {"a": "x" * (event.MAX_EVENT - frame)})
    assert len(full.data) == event.MAX_EVENT == 65_536
    refusal = _refusal("x.mine", {"a": "x" * (event.MAX_EVENT - frame + 1)}, 1)
    assert (refusal.code, refusal.status, refusal.details) == ("event_too_large", 413, {"index": 1})


def test_size_is_that_of_the_canonical_form():
    spaces = b'{"a":1' + b" " * event.MAX_EVENT + b"}"
    assert _draft("x.mine", spaces).data == b'{"a":1}'


@pytest.mark.parametrize("name", list(event.LIMITS))
def test_a_detail_has_a_greatest_size(name):
    limit = event.LIMITS[name]
    part: dict[str, Any] = {
        "attendees": {"email": "x" * 250},
        "invited_emails": "x" * 250,
        "sources": {"id": "x" * 120},
        "keywords": "\u0001" * 200,
    }
    if name in part:
        size = len(codec.encode(part[name])) + 1
        fits, too_much = [part[name]] * ((limit - 1) // size), [part[name]] * ((limit - 1) // size + 1)
    else:
        frame = len(b'{"a":""}')
        fits, too_much = {"a": "x" * (limit - frame)}, {"a": "x" * (limit - frame + 1)}
    assert _draft("session.updated", {name: fits})
    refusal = _refusal("session.updated", {name: too_much})
    assert (refusal.code, refusal.details) == ("invalid_field", {"field": f"$.data.{name}"})


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_outside_of_the_calendar_is_refused(moment):
    when = datetime.datetime.fromisoformat(moment)
    assert _refusal("x.mine", {}, occurred_at=when).details == {"field": "$.occurred_at"}
    refusal = _refusal("x.mine", {}, 4, occurred_at=when)
    assert (refusal.code, refusal.details) == ("invalid_field", {"field": "$[4].occurred_at", "index": 4})


def _shuffled(value: Any, order: Any) -> Any:
    if isinstance(value, dict):
        items = [(name, _shuffled(part, order)) for name, part in value.items()]
        order.shuffle(items)
        return dict(items)
    return [_shuffled(part, order) for part in value] if isinstance(value, list) else value


@bounded
@given(events_of(*PUBLISHED), st.randoms(use_true_random=False), st.sampled_from([None, 0, 3]))
def test_order_and_white_space_do_not_matter(published, order, indent):
    event_type, data = published
    once = _draft(event_type, data, idempotency_key="k")
    spelled = json.dumps(_shuffled(data, order), indent=indent, ensure_ascii=order.random() < 0.5).encode()
    assert _draft(event_type, spelled, idempotency_key="k") == once


@bounded
@given(segments)
def test_whole_numbers_of_seconds_may_be_written_either_way(data):
    floats = data | {"start": float(int(data["start"])), "end": float(int(data["end"]))}
    whole = floats | {"start": int(floats["start"]), "end": int(floats["end"])}
    one, other = (_draft("transcript.segment", part, idempotency_key="k") for part in (floats, whole))
    assert one == other


def test_defaults_may_be_left_out():
    full = JOINED | {"kind": "main", "role": None, "user_id": None}
    assert _draft("participant.joined", full, idempotency_key="k") == _draft(
        "participant.joined", JOINED, idempotency_key="k"
    )
    assert (
        _draft("participant.joined", full).data == b'{"connection_id":"c","name":"Ada","participant_id":"p"}'
    )


def test_what_is_cleared_is_not_what_is_left_out():
    assert _draft("session.updated", {"title": None}).data == b'{"title":null}'
    assert _draft("session.updated", {}).data == b"{}"


MOMENT = datetime.datetime(2026, 1, 1, 12, 0, 0, 123_999, tzinfo=datetime.UTC)


@bounded
@given(st.integers(-14 * 60, 14 * 60))
def test_the_time_zone_does_not_matter(minutes):
    zone = datetime.timezone(datetime.timedelta(minutes=minutes))
    moved = MOMENT.astimezone(zone)
    made = _draft("x.mine", {}, occurred_at=moved, idempotency_key="k")
    assert made.occurred_at == "2026-01-01T12:00:00.123Z"
    assert made == _draft("x.mine", {}, occurred_at=MOMENT, idempotency_key="k")
    scheduled = _draft("session.updated", {"scheduled_for": moved.isoformat()})
    assert scheduled.data == b'{"scheduled_for":"2026-01-01T12:00:00.123Z"}'


@bounded
@given(events_of(*PUBLISHED), events_of(*PUBLISHED))
def test_the_digest_tells_content_apart(one, other):
    first, second = (_draft(*published, idempotency_key="k") for published in (one, other))
    same_content = (first.type, first.data) == (second.type, second.data)
    assert (first.digest == second.digest) is same_content
    later = _draft(*one, idempotency_key="k", occurred_at=MOMENT)
    assert later.digest != first.digest
    assert _draft(*one, idempotency_key="another").digest == first.digest
    assert len(first.digest) == 16


def test_equal_data_of_another_type_is_other_content():
    assert _draft("x.a", {}, idempotency_key="k").digest != _draft("x.b", {}, idempotency_key="k").digest


@bounded
@given(events_of(*PUBLISHED))
def test_a_draft_keeps_the_content(published):
    event_type, data = published
    made = _draft(event_type, data)
    assert (made.type, made.channel) == (event_type, _channel(event_type))
    assert (made.digest, made.idempotency_key, made.occurred_at) == (b"", "", "")
    if event_type == "x.anything":
        assert codec.decode(made.data) == data
    # The canonical form is its own canonical form.
    assert _draft(event_type, made.data) == made


def _channel(event_type: str) -> Channel:
    return EVENT_TYPES[event_type].channel if event_type in EVENT_TYPES else Channel.CUSTOM


@bounded
@given(events)
def test_the_stages_come_from_the_lifecycle(published):
    made = drafted(*published)
    to = Status(published[1]["status"]) if published[0] == "session.status_changed" else None
    assert set(made.kind.stages.split(",")) - {""} == lifecycle.legal_stages(published[0], to)
    assert made.kind.status == (to or "")
    assert made.kind.phase == (lifecycle.phase_after(published[0], to) or "")


def test_segments_are_named_once_for_the_append():
    speaker = {"name": "Ada"}
    corrected = _draft("transcript.speaker_corrected", {"segment_ids": ["b", "a", "b"], "speaker": speaker})
    assert (corrected.segments, corrected.kind.creates_segment) == (("b", "a"), False)
    retracted = _draft("transcript.retracted", {"segment_id": "a"})
    assert (retracted.segments, retracted.kind.creates_segment) == (("a",), False)
    segment = _draft("transcript.segment", SEGMENT)
    assert (segment.segments, segment.kind.creates_segment) == (("s-1",), True)
    assert _draft("chat.message", {"message_id": "m", "text": ""}).segments == ()


def test_the_hub_may_write_what_publishers_may_not():
    made = event.hub_draft("session.status_changed", StatusChanged(status=Status.FAILED, code="BOT_LOST"))
    assert made.data == b'{"code":"BOT_LOST","status":"failed"}'
    assert (made.kind.status, made.kind.phase) == ("failed", "ended")


def _only_refusals(event_type: str, data: bytes) -> None:
    try:
        made = _draft(event_type, data)
    except HubError:
        return
    assert _draft(event_type, made.data).data == made.data


@bounded
@given(st.sampled_from([*DATA, "unknown.type", ""]), st.binary(max_size=200))
def test_arbitrary_bytes_are_kept_or_refused(event_type, data):
    _only_refusals(event_type, data)


@bounded
@given(st.sampled_from(PUBLISHED), any_json)
def test_arbitrary_json_is_kept_or_refused(event_type, data):
    _only_refusals(event_type, json.dumps(data).encode())


@bounded
@given(events_of(*PUBLISHED), st.data())
def test_valid_data_with_any_field_replaced_is_kept_or_refused(published, data):
    event_type, valid = published
    fields = EVENT_TYPES[event_type].data.__struct_fields__ if event_type in EVENT_TYPES else ("a",)
    field = data.draw(st.sampled_from(fields or ("a",)))
    value = data.draw(any_json | st.datetimes().map(str) | st.sampled_from(["a\n", "\x00", 10**400, -0.0]))
    _only_refusals(event_type, json.dumps(valid | {field: value}).encode())


@bounded
@given(events_of(*PUBLISHED), st.data())
def test_damaged_data_is_kept_or_refused(published, data):
    event_type, valid = published
    text = bytearray(codec.encode(valid))
    for place in data.draw(st.lists(st.integers(0, len(text) - 1), max_size=3)):
        text[place] = data.draw(st.integers(0, 255))
    _only_refusals(event_type, bytes(text))
