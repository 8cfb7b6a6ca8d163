"""Rules that hold for every type of the contract: strict where we read, open where others read."""

import re

import msgspec
import pytest

from schemas import details, errors, events, frames, pages, requests, session
from schemas.codec import END
from schemas.events import CUSTOM_PREFIX, EVENT_TYPES, Channel, Event, channel_of

MODULES = (details, errors, events, frames, pages, requests, session)
STRUCTS = {
    f"{module.__name__}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__
}
READ_BY_THE_HUB = [
    *(row.data for row in EVENT_TYPES.values()),
    Event,
    *(frames.Subscribe, frames.Unsubscribe, frames.Publish, frames.Auth, frames.Ping),
    *(requests.CreateSession, requests.CreateToken, requests.CreateKey, requests.Heartbeat),
]


def _patterns(info, seen):
    """The patterns of strings in a type, told by msgspec, and in the types within."""
    if isinstance(info, msgspec.inspect.StrType):
        yield info.pattern
    elif isinstance(info, tuple):
        for part in info:
            yield from _patterns(part, seen)
    elif isinstance(info, msgspec.Struct) and id(info) not in seen:
        seen.append(id(info))
        for name in info.__struct_fields__:
            yield from _patterns(getattr(info, name), seen)


def test_no_pattern_lets_a_closing_newline_pass():
    # Of two snapshots without a tag msgspec can tell nothing; they hold no pattern of their own.
    untagged = {frames.Control, frames.Reset}
    infos = msgspec.inspect.multi_type_info([one for one in STRUCTS.values() if one not in untagged])
    patterns = set(_patterns(infos, [])) - {None}
    assert len(patterns) >= 8
    for pattern in patterns:
        assert pattern.startswith("^"), pattern
        assert pattern.endswith(END), pattern
        assert re.compile(pattern)


@pytest.mark.parametrize("struct", READ_BY_THE_HUB, ids=lambda struct: struct.__name__)
def test_what_the_hub_reads_refuses_unknown_fields(struct):
    assert struct.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("name", [name for name in STRUCTS if name.startswith("schemas.session.")])
def test_what_others_read_may_grow(name):
    config = STRUCTS[name].__struct_config__
    assert not config.forbid_unknown_fields
    assert config.frozen


@pytest.mark.parametrize("name", list(STRUCTS))
def test_every_type_says_what_it_is(name):
    assert STRUCTS[name].__doc__


@pytest.mark.parametrize("name", list(EVENT_TYPES))
def test_every_event_type_has_one_channel(name):
    assert channel_of(name) is EVENT_TYPES[name].channel
    assert not name.startswith(CUSTOM_PREFIX)
    assert msgspec.convert({"type": name}, Event, strict=False).type == name


@pytest.mark.parametrize("name", ["x.mine", "x.", "future.type", ""])
def test_what_is_not_known_travels_with_custom(name):
    assert channel_of(name) is Channel.CUSTOM


def test_every_channel_carries_something():
    assert {channel_of(name) for name in [*EVENT_TYPES, "x.mine"]} == set(Channel)


@pytest.mark.parametrize(
    "event",
    [
        b'{"data":{}}',
        b'{"type":"Chat.message"}',
        b'{"type":"x.a\\n"}',
        b'{"type":"x.a b"}',
        b'{"type":"x.\\u00e4"}',
        b'{"type":"' + b"x" * 129 + b'"}',
        b'{"type":"x.a","id":"1-1"}',
        b'{"type":"x.a","occurred_at":"2026-01-01T00:00:00"}',
        b'{"type":"x.a","occurred_at":1767225600}',
        b'{"type":"x.a","occurred_at":"yesterday"}',
        b'{"type":"x.a","idempotency_key":""}',
        b'{"type":"x.a","idempotency_key":"a b"}',
        b'{"type":"x.a","idempotency_key":"a\\n"}',
        b'{"type":"x.a","idempotency_key":"' + b"k" * 129 + b'"}',
        b"[]",
    ],
)
def test_a_wrong_event_is_refused(event):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(event, type=Event)


def test_the_data_of_an_event_is_an_empty_object_by_default():
    assert bytes(msgspec.json.decode(b'{"type":"x.a"}', type=Event).data) == b"{}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b'{"op":"subscribe","ref":1,"session_id":"s","channels":["chat"],"after":"0-0"}', frames.Subscribe),
        (b'{"op":"subscribe","partials":"latest"}', frames.Subscribe),
        (b'{"op":"unsubscribe","ref":"a"}', frames.Unsubscribe),
        (b'{"op":"publish","session_id":"s","events":[{"type":"x.a"}]}', frames.Publish),
        (b'{"op":"auth","token":"sk_a_b"}', frames.Auth),
        (b'{"op":"ping","ref":null}', frames.Ping),
    ],
)
def test_operations(text, kind):
    assert isinstance(msgspec.json.decode(text, type=frames.Operation), kind)


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b'{"op":"shout"}',
        b'{"op":"ping","extra":1}',
        b'{"op":"ping","ref":[]}',
        b'{"op":"ping","ref":1.5}',
        b'{"op":"subscribe","channels":["gossip"]}',
        b'{"op":"subscribe","partials":"some"}',
        b'{"op":"publish","session_id":"s"}',
        b'{"op":"publish","session_id":"s","events":[{"type":"x.a","bogus":1}]}',
        b'{"op":"auth"}',
        b'"ping"',
    ],
)
def test_wrong_operations_are_refused(text):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=frames.Operation)


@pytest.mark.parametrize(
    ("link", "legal"),
    [
        ("https://zoom.us/j/1?pwd=a", True),
        ("https://zoom.us", True),
        ("http://zoom.us/j/1", False),
        ("https:///j/1", False),
        ("https://zoom.us/j/ 1", False),
        ("https://zoom.us/j/1\n", False),
        ("https://zoom.us/" + "x" * 2048, False),
        ("javascript:alert(1)", False),
    ],
)
def test_meeting_links(link, legal):
    try:
        msgspec.convert({"meeting_link": link}, requests.CreateSession)
    except msgspec.ValidationError:
        assert not legal
    else:
        assert legal
