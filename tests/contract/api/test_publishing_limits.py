"""Bodies that are too large, or no events: refused by name, never a 500, and nothing is kept."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest
from contract.api.asking import event, head, new, post, post_raw, published, refused, seq, taken
from servers import HubServer, wait_until

MIB = 1_048_576


def padded(size: int) -> bytes:
    body = json.dumps(event("x.a")).encode()
    return body + b" " * (size - len(body))


def chunked(content: bytes) -> Iterator[bytes]:
    """httpx sends an iterator without a content-length."""
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_500_events_at_once(api: httpx.Client, form: str) -> None:
    session_id = new(api)

    def send(count: int) -> httpx.Response:
        events = [event("x.a", number=number) for number in range(count)]
        if form == "json":
            return post(api, session_id, events)
        content = b"\n".join(json.dumps(item).encode() for item in events)
        return post_raw(api, session_id, content, "application/x-ndjson")

    entries = taken(send(500))["entries"]
    assert [seq(entry["id"]) for entry in entries] == list(range(2, 502))
    refused(send(501), "too_many_events", limit=500)
    assert seq(head(api, session_id)) == 501


@pytest.mark.parametrize("with_length", [True, False])
def test_one_mib_at_once(api: httpx.Client, with_length: bool) -> None:
    session_id = new(api)

    def send(size: int) -> httpx.Response:
        content = padded(size)
        answer = post_raw(api, session_id, content if with_length else chunked(content))
        assert ("content-length" in answer.request.headers) == with_length
        return answer

    taken(send(MIB))
    refused(send(MIB + 1), "body_too_large", limit=MIB)
    assert seq(head(api, session_id)) == 2


def test_a_body_that_is_announced_too_large_is_not_waited_for(
    hub_server: HubServer, key: str, api: httpx.Client
) -> None:
    session_id = new(api)
    with socket.create_connection(("127.0.0.1", hub_server.port), 10) as connection:
        connection.sendall(
            f"POST /v1/sessions/{session_id}/events HTTP/1.1\r\nHost: hub\r\n"
            f"Authorization: Bearer {key}\r\nContent-Length: 1000000000\r\n\r\n".encode()
        )
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


def test_a_publisher_that_breaks_off_leaves_nothing(
    hub_server: HubServer, key: str, api: httpx.Client
) -> None:
    session_id = new(api)
    body = json.dumps(event("x.a")).encode()
    with socket.create_connection(("127.0.0.1", hub_server.port), 10) as connection:
        connection.sendall(
            f"POST /v1/sessions/{session_id}/events HTTP/1.1\r\nHost: hub\r\n"
            f"Authorization: Bearer {key}\r\nContent-Length: {len(body) + 1}\r\n\r\n".encode()
            + body
        )
    path = f"POST /v1/sessions/{session_id}/events"
    wait_until(lambda: path in hub_server.log.read_text(), "the request is over")
    assert seq(head(api, session_id)) == 1
    assert "Traceback" not in hub_server.log.read_text(), "a client that goes away is no failure of the hub"


def test_64_kib_of_data_an_event(api: httpx.Client) -> None:
    session_id = new(api)
    text = "a" * (65_536 - len('{"text":""}'))
    published(api, session_id, event("x.a", text=text))
    refused(post(api, session_id, event("x.a", text=text + "a")), "event_too_large")
    # Blanks between the tokens are not kept, so they do not count.
    spaced = json.dumps(event("x.a", text=text)).replace(":", ":" + " " * 1000).encode()
    taken(post_raw(api, session_id, spaced))
    assert seq(head(api, session_id)) == 3


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_no_compressed_bodies(api: httpx.Client, encoding: str) -> None:
    session_id = new(api)
    body = json.dumps(event("x.a")).encode()
    headers = {"Content-Encoding": encoding}
    refused(post_raw(api, session_id, body, **headers), "unsupported_encoding")
    refused(api.post("/v1/sessions", content=b"{}", headers=headers), "unsupported_encoding")
    assert seq(head(api, session_id)) == 1
    taken(post_raw(api, session_id, body, **{"Content-Encoding": "Identity"}))


def data(inside: bytes) -> bytes:
    return b'{"type": "x.a", "data": {"a": ' + inside + b"}}"


MALFORMED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "invalid_json"),
    "blank": (b"  \n", "invalid_json"),
    "null": (b"null", "invalid_field"),
    "number": (b"7", "invalid_field"),
    "string": (b'"x.a"', "invalid_field"),
    "array of numbers": (b"[7]", "invalid_field"),
    "broken off": (b'{"type": "x.a", "data": {', "invalid_json"),
    "more behind": (b'{"type": "x.a"} x', "invalid_json"),
    "two objects": (b'{"type": "x.a"}{"type": "x.a"}', "invalid_json"),
    "trailing comma": (b'{"type": "x.a",}', "invalid_json"),
    "single quotes": (b"{'type': 'x.a'}", "invalid_json"),
    "comment": (b'{"type": "x.a" /* no */}', "invalid_json"),
    "byte order mark": (b'\xef\xbb\xbf{"type": "x.a"}', "invalid_json"),
    "utf-16": ('{"type": "x.a"}'.encode("utf-16"), "invalid_json"),
    "nul": (b'{"type": "x.a"}\x00', "invalid_json"),
    "nul in a string": (data(b'"a\x00b"'), "invalid_json"),
    "control character in a string": (data(b'"a\x1bb"'), "invalid_json"),
    "nul in the type": (b'{"type": "x.a\\u0000"}', "invalid_field"),
    "invalid utf-8": (data(b'"\xff"'), "invalid_utf8"),
    "truncated utf-8": (data(b'"\xe2\x82"'), "invalid_utf8"),
    "overlong utf-8": (data(b'"\xc0\xaf"'), "invalid_utf8"),
    "surrogate in utf-8": (data(b'"\xed\xa0\x80"'), "invalid_utf8"),
    "invalid utf-8 in a name": (data(b'{"\xff": 1}'), "invalid_utf8"),
    "lone surrogate": (data(b'"\\ud800"'), "invalid_json"),
    "lone low surrogate": (data(b'"\\udc00"'), "invalid_json"),
    "surrogate in a name": (data(b'{"\\ud800": 1}'), "invalid_json"),
    "NaN": (data(b"NaN"), "invalid_json"),
    "Infinity": (data(b"Infinity"), "invalid_json"),
    "-Infinity": (data(b"-Infinity"), "invalid_json"),
    "more than a float": (data(b"1e999"), "invalid_field"),
    "endless integer": (data(b"9" * 5000), "invalid_field"),
    "leading zero": (data(b"01"), "invalid_json"),
    "deep arrays": (data(b"[" * 10_000 + b"]" * 10_000), "invalid_json"),
    "deep objects": (data(b'{"a":' * 10_000 + b"1" + b"}" * 10_000), "invalid_json"),
    "deep and broken off": (b'{"data":' * 10_000, "invalid_json"),
    "deep in a field that is unknown": (b'{"b": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "invalid_field"),
    "deeper than any stack": (data(b"[" * 500_000 + b"]" * 500_000), "invalid_json"),
}


@pytest.mark.parametrize(("body", "code"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_event_is_refused(api: httpx.Client, body: bytes, code: str) -> None:
    session_id = new(api)
    refused(post_raw(api, session_id, body), code)
    assert seq(head(api, session_id)) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [(body, code) for body, code in MALFORMED.values() if body.strip() and b"\n" not in body],
    ids=[name for name, (body, _) in MALFORMED.items() if body.strip() and b"\n" not in body],
)
def test_a_line_that_is_no_event_is_named(api: httpx.Client, body: bytes, code: str) -> None:
    session_id = new(api)
    lines = b'{"type": "x.a"}\n\n' + body
    refused(post_raw(api, session_id, lines, "application/x-ndjson"), code, index=1)
    assert seq(head(api, session_id)) == 1
