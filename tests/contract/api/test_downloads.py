"""Download URLs: they open what they were made for, for whoever has them, until they expire."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from contract.api.asking import (
    NOBODY,
    Api,
    Other,
    client,
    event,
    make_key,
    new,
    published,
    refused,
    status,
    taken,
    token,
)
from servers import HubServer, RedisServer, wait_until

from hub.core.export import FORMATS

WHATS = ("transcript", "summary")


def told(api: httpx.Client) -> str:
    """A session with a transcript and a summary."""
    session_id = new(api)
    published(
        api,
        session_id,
        status("active"),
        event("transcript.segment", segment_id="s1", final=True, text="Grüße.", start=0, end=1),
        event("summary.ready", text="We said hello.", notes="- Greet again", keywords=["hello", "greeting"]),
    )
    return session_id


def url_of(api: httpx.Client, session_id: str, what: str = "transcript", **query: str | int) -> str:
    return taken(api.get(f"/v1/sessions/{session_id}/{what}/url", params=query))["url"]


@pytest.fixture
def nobody(hub_server: HubServer) -> Iterator[httpx.Client]:
    """Who has no key."""
    with client(hub_server) as made:
        yield made


def test_a_transcript_is_downloaded_without_a_key(api: httpx.Client, nobody: httpx.Client) -> None:
    session_id = told(api)
    answer = nobody.get(url_of(api, session_id))
    assert taken(answer) == taken(api.get(f"/v1/sessions/{session_id}/transcript?format=json"))
    assert answer.json()["segments"][0]["text"] == "Grüße."
    assert answer.headers["content-disposition"] == f'attachment; filename="{session_id}-transcript.json"'
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_summary_is_downloaded_as_text_or_json(api: httpx.Client, nobody: httpx.Client) -> None:
    session_id = told(api)
    answer = nobody.get(url_of(api, session_id, "summary"))
    assert answer.status_code == 200
    assert answer.text == "We said hello.\n\n- Greet again\n\nhello, greeting\n"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{session_id}-summary.txt"'
    as_json = nobody.get(url_of(api, session_id, "summary", format="json"))
    assert taken(as_json) == taken(api.get(f"/v1/sessions/{session_id}/summary"))


def test_a_download_shows_what_there_is_when_it_is_asked_for(api: httpx.Client, nobody: httpx.Client) -> None:
    session_id = new(api)
    url = url_of(api, session_id, "summary")
    refused(nobody.get(url), "summary_not_found")
    published(api, session_id, event("summary.failed", reason="no"))
    refused(nobody.get(url), "summary_not_found", state="failed")
    published(api, session_id, event("summary.ready", text="Now."))
    assert nobody.get(url).text == "Now.\n"


def test_it_says_until_when(api: httpx.Client) -> None:
    session_id = told(api)
    for query, seconds in (({}, 3600), ({"expires_in": 60}, 60), ({"expires_in": 604_800}, 604_800)):
        given = taken(api.get(f"/v1/sessions/{session_id}/summary/url", params=query))
        expires = datetime.fromisoformat(given["expires_at"])
        assert abs((expires - datetime.now(UTC)).total_seconds() - seconds) < 20
        assert set(given) == {"url", "expires_at"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"format": "exe"}, "format"),
        ({"format": ""}, "format"),
        ({"format": ["json", "json"]}, "format"),
        ({"expires_in": "0"}, "expires_in"),
        ({"expires_in": "604801"}, "expires_in"),
        ({"expires_in": "soon"}, "expires_in"),
        ({"more": "1"}, "more"),
    ],
)
@pytest.mark.parametrize("what", WHATS)
def test_what_is_wrong_is_named(api: httpx.Client, what: str, query: dict[str, str], field: str) -> None:
    answer = api.get(f"/v1/sessions/{new(api)}/{what}/url", params=query)
    refused(answer, "invalid_parameter", field=field)


def test_an_expired_url_opens_nothing(api: httpx.Client, nobody: httpx.Client) -> None:
    url = url_of(api, told(api), expires_in=1)
    taken(nobody.get(url))
    wait_until(lambda: nobody.get(url).status_code == 401, "it has expired")
    refused(nobody.get(url), "token_expired")


def other_text(text: str, place: int) -> str:
    """`text` with another character at `place`."""
    return text[:place] + ("B" if text[place] == "A" else "A") + text[place + 1 :]


def test_a_url_that_was_changed_anywhere_opens_nothing(api: httpx.Client, nobody: httpx.Client) -> None:
    path, _, query = url_of(api, told(api)).partition("?")
    signature = query.removeprefix("signature=")
    taken(nobody.get(path, params={"signature": signature}))
    claims = signature.partition(".")[0]
    for place in (*range(0, len(signature), 7), len(claims) - 1, len(claims), len(signature) - 1):
        refused(nobody.get(path, params={"signature": other_text(signature, place)}), "invalid_credential")
    for changed in (f"{signature}A", f"{signature}=", signature[:-1], claims, f"{claims}.", "ü", "a" * 5000):
        refused(nobody.get(path, params={"signature": changed}), "invalid_credential")
    refused(nobody.get(path), "missing_credential")
    refused(nobody.get(path, params={"signature": ""}), "missing_credential")
    refused(nobody.get(f"{path}?signature={signature}&format=vtt"), "invalid_parameter", field="format")


def test_a_url_opens_its_own_only(api: httpx.Client, other: Other, nobody: httpx.Client) -> None:
    own, another = told(api), told(api)
    signature = url_of(api, own).partition("?")[2]
    for path in (
        f"/v1/sessions/{another}/transcript/download",
        f"/v1/sessions/{other.live}/transcript/download",
        f"/v1/sessions/{NOBODY}/transcript/download",
        f"/v1/sessions/{own}/summary/download",
    ):
        refused(nobody.get(f"{path}?{signature}"), "invalid_credential")
    refused(api.get(f"/v1/sessions/{other.live}/transcript/url"), "session_not_found")


def test_signatures_and_stream_tokens_are_not_each_other(api: httpx.Client, nobody: httpx.Client) -> None:
    session_id = told(api)
    path, _, query = url_of(api, session_id).partition("?")
    signature = query.removeprefix("signature=")
    stream_token = token(api, session_id=session_id)
    stream = f"/v1/sessions/{session_id}/stream"
    refused(nobody.get(stream, params={"token": f"st_{signature}"}), "invalid_credential")
    refused(nobody.get(stream, params={"token": signature}), "invalid_credential")
    refused(nobody.get(path, params={"signature": stream_token}), "invalid_credential")
    given = stream_token.removeprefix("st_")
    refused(nobody.get(path, params={"signature": given}), "invalid_credential")


def test_a_deleted_session_is_not_there_any_more(api: httpx.Client, nobody: httpx.Client) -> None:
    session_id = told(api)
    urls = [url_of(api, session_id, what) for what in WHATS]
    assert api.delete(f"/v1/sessions/{session_id}").status_code == 204
    for url in urls:
        refused(nobody.get(url), "session_not_found")
    refused(api.get(f"/v1/sessions/{session_id}/transcript/url"), "session_not_found")


def test_a_url_dies_with_the_key_it_was_made_with(
    admin: httpx.Client, api_of: Api, organization: str, hub_server: HubServer, nobody: httpx.Client
) -> None:
    key = make_key(admin, organization)
    with client(hub_server, key) as api:
        url = url_of(api, told(api))
    taken(nobody.get(url))
    assert api_of(organization, "admin").delete(f"/v1/keys/{key.split('_')[1]}").status_code == 204
    wait_until(lambda: nobody.get(url).status_code == 401, "it is refused", deadline=5)
    refused(nobody.get(url), "invalid_credential")


@pytest.mark.parametrize(("what", "name"), [("transcript", name) for name in FORMATS] + [("chat", "csv")])
def test_a_download_is_what_its_route_gives(
    api: httpx.Client, nobody: httpx.Client, what: str, name: str
) -> None:
    session_id = new(api)
    said = {"segment_id": "s", "final": True, "text": "=1+1 --> ä", "start": 0, "end": 1}
    message = event("chat.message", message_id="m", text="hi")
    published(api, session_id, event("transcript.segment", **said), message)
    answer = nobody.get(url_of(api, session_id, what, format=name))
    route = api.get(f"/v1/sessions/{session_id}/{what}", params={"format": name})
    assert (answer.status_code, answer.text) == (200, route.text)
    assert answer.headers["content-type"] == route.headers["content-type"]
    assert answer.headers["content-disposition"].endswith(f'-{what}.{name}"')


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_signature_is_logged(
    own_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory, log_format: str
) -> None:
    settings = {"HUB_LOG_LEVEL": "debug", "HUB_LOG_FORMAT": log_format}
    with HubServer(tmp_path_factory.mktemp("hub"), own_redis, settings) as hub:
        with client(hub, hub.key) as api:
            session_id = told(api)
            given = [url_of(api, session_id, what) for what in WHATS]
            expired = url_of(api, session_id, expires_in=1)
        with client(hub) as nobody:
            for url in given:
                assert nobody.get(url).status_code == 200
                refused(nobody.get(f"{url}A"), "invalid_credential")
                refused(nobody.post(url), "method_not_allowed")
                refused(nobody.get(url.replace("/download", "/nothing")), "route_not_found")
            wait_until(lambda: nobody.get(expired).status_code == 401, "it has expired")
            own_redis.kill()
            refused(nobody.get(given[0]), "store_unavailable")
            last = nobody.get("/last").headers["x-trace-id"]
        wait_until(lambda: last in hub.log.read_text(), "all is logged")
    text = hub.log.read_text()
    assert f"/v1/sessions/{session_id}/transcript/download 200" in text
    assert "Traceback" not in text
    assert "signature=" not in text
    for url in (*given, expired):
        claims, _, signature = url.partition("signature=")[2].partition(".")
        assert claims
        assert claims not in text
        assert signature not in text


def test_answers_hold_no_signature(api: httpx.Client, nobody: httpx.Client) -> None:
    path, _, query = url_of(api, told(api)).partition("?signature=")
    for asked in (f"{path}?signature={query}A", f"{path}?signature={query}&x=1", f"{path}?more={query}"):
        assert query not in json.dumps(nobody.get(asked).json())
