"""The tables of errors and disconnects keep to their rules."""

import re

import msgspec
import pytest

from schemas import codec
from schemas.errors import DISCONNECTS, ERRORS, Error, ErrorEnvelope


@pytest.mark.parametrize("code", list(ERRORS))
def test_an_error_says_whose_fault_it_is(code):
    row = ERRORS[code]
    assert re.fullmatch("[a-z][a-z0-9_]*", code)
    assert 400 <= row.status < 600
    assert row.fault == ("client" if row.status < 500 else "server")
    assert row.message.endswith(".")


@pytest.mark.parametrize("code", list(DISCONNECTS))
def test_a_disconnect_says_whether_to_come_back(code):
    row = DISCONNECTS[code]
    assert re.fullmatch("[a-z][a-z0-9_]*", code)
    assert 4000 <= row.number < 5000
    assert row.reconnect is (row.number < 4500)
    assert row.message.endswith(".")


def test_close_codes_are_unique():
    numbers = [row.number for row in DISCONNECTS.values()]
    assert len(set(numbers)) == len(numbers)


def test_what_will_not_pass_by_itself_is_not_tried_again():
    for_good = {code for code, row in DISCONNECTS.items() if not row.reconnect}
    assert for_good == {
        "invalid_credential",
        "revoked",
        "auth_timeout",
        "protocol_error",
        "origin_not_allowed",
        "missing_scope",
        "replaced",
    }


def test_the_envelope():
    body = codec.encode(ErrorEnvelope(Error(code="internal", message="Sorry.", trace_id="t")))
    assert body == b'{"error":{"code":"internal","message":"Sorry.","details":{},"trace_id":"t"}}'
    assert msgspec.json.decode(body, type=ErrorEnvelope).error.code == "internal"
