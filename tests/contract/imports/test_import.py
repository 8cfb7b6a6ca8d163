"""A session from a file, on a real hub."""

import itertools
import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import httpx
import pytest
from contract.api.asking import at_once, client, created, event, found, frames, history, post, refused, taken
from contract.bots.playing import claim, until_waiting
from file_server import Asked, Authority, FileServer, Reply, endless
from servers import HubServer, RedisServer, wait_until

VTT = (
    "WEBVTT\nLanguage: en\n\n00:01.000 --> 00:02.000\n<v Ann Lee>Hello\n"
    "\n00:02.000 --> 00:04.500\n<v Bo>Hi &amp; bye\n"
    "\n00:02.500 --> 00:03.000\n<v Ann Lee>Good\nbye\n"
)
SRT = "1\n00:00:01,000 --> 00:00:02,000\nAnn Lee: Hello\n\n2\n00:00:02,000 --> 00:00:04,500\nBo: Hi & bye\n"
LIMIT = 300_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of which no hub takes jobs that may not fetch."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def hub(
    store: RedisServer, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HubServer]:
    """A hub that may fetch from the loopback."""
    settings = {
        "HUB_FETCH_ALLOW": "127.0.0.1, localhost",
        "HUB_FETCH_MAX": str(LIMIT),
        "HUB_FETCH_TIMEOUT": "5",
        "SSL_CERT_FILE": str(authority.file),
    }
    with HubServer(tmp_path_factory.mktemp("hub"), store, settings) as server:
        yield server
    assert "Traceback" not in server.log.read_text()


@pytest.fixture
def api(hub: HubServer, organization: str) -> Iterator[httpx.Client]:
    with client(hub, hub.make_key(organization)) as own:
        yield own


def imported(api: httpx.Client, url: str, **fields: Any) -> dict[str, Any]:
    """The session made from a file, once it has ended."""
    session = created(api, file_url=url, **fields)
    assert (session["status"], session["live"], session["started_at"]) == ("scheduled", False, None)
    return ended(api, session["id"])


def ended(api: httpx.Client, session_id: str) -> dict[str, Any]:
    def there() -> dict[str, Any] | None:
        session = found(api, session_id)
        return session if session["status"] in ("completed", "failed") else None

    return wait_until(there, "the session has ended")


def failed(api: httpx.Client, url: str, code: str) -> dict[str, Any]:
    """The end of a session whose file could not be imported."""
    session = imported(api, url)
    assert session["status"] == "failed"
    end = session["end"]
    assert (end["code"], end["reason"]) == (code, "import_failed"), end
    assert session["segment_count"] == 0
    assert session["started_at"] is None
    return end


def said(api: httpx.Client, session_id: str) -> list[tuple[str, str, float, float]]:
    answer = taken(api.get(f"/v1/sessions/{session_id}/transcript", params={"format": "json"}))
    return [(one["speaker"]["name"], one["text"], one["start"], one["end"]) for one in answer["segments"]]


def test_a_file_makes_a_finished_session(api: httpx.Client, files: FileServer) -> None:
    files.files["/meeting.vtt"] = Reply(VTT.encode())
    session = imported(api, files.url("/meeting.vtt?token=secret#x"), title="Weekly", meeting_id="m1")
    assert (session["title"], session["meeting_id"], session["status"]) == ("Weekly", "m1", "completed")
    assert session["file_url"] == files.url()
    assert (session["end"]["code"], session["end"]["reason"]) == ("IMPORTED", "imported")
    assert said(api, session["id"]) == [
        ("Ann Lee", "Hello", 1.0, 2.0),
        ("Bo", "Hi & bye", 2.0, 4.5),
        ("Ann Lee", "Good\nbye", 2.5, 3.0),
    ]
    assert files.asked[0].path == "/meeting.vtt?token=secret"
    assert "secret" not in json.dumps(history(api, session["id"]))
    wait_until(lambda: found(api, session["id"])["sealed"], "it is sealed")


def test_times_are_those_of_the_meeting(api: httpx.Client, files: FileServer) -> None:
    """It ended when the session was created, as far as anybody knows."""
    files.files["/meeting.vtt"] = Reply(VTT.encode())
    session = imported(api, files.url())
    assert session["duration"] == 4.5
    assert session["ended_at"] == session["left_at"] == session["created_at"]
    people = {who["participant_id"]: who for who in session["participants"]["participants"]}
    assert {name: (who["name"], who["duration"], who["live"]) for name, who in people.items()} == {
        "ann-lee": ("Ann Lee", 3.5, False),
        "bo": ("Bo", 2.5, False),
    }
    assert session["minutes_consumed"] == 6 / 60
    transcript = taken(api.get(f"/v1/sessions/{session['id']}/transcript", params={"format": "json"}))
    assert transcript["segments"][1]["ended_at"] == session["ended_at"]
    assert transcript["segments"][0]["language"] == "en"
    (listed,) = taken(api.get("/v1/sessions", params={"sort": "duration"}))["data"]
    assert listed["duration"] == 4.5


def test_a_list_is_sorted_by_the_times_of_meetings(api: httpx.Client, files: FileServer) -> None:
    for day in (3, 1, 2):
        rows = [{"start": f"2026-01-0{day}T10:00:00Z", "end": f"2026-01-0{day}T10:0{day}:00Z", "text": "x"}]
        files.files["/meeting.json"] = Reply(json.dumps(rows).encode(), "application/json")
        session = imported(api, files.url("/meeting.json"), title=f"day {day}")
        assert session["started_at"] == f"2026-01-0{day}T10:00:00.000Z"
        assert session["duration"] == day * 60
    for by in ("started", "duration"):
        data = taken(api.get("/v1/sessions", params={"sort": by, "order": "asc"}))["data"]
        assert [session["title"] for session in data] == ["day 1", "day 2", "day 3"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (VTT.encode(), "application/octet-stream"),
        (SRT.encode(), "application/x-subrip"),
        (SRT.encode("utf-16"), "text/plain"),
        (SRT.encode("latin-1"), "text/plain; charset=iso-8859-1"),
        (
            json.dumps(
                [
                    {"speaker": "Ann Lee", "start": 1, "end": 2.0, "text": "Hello"},
                    {"speaker": "Bo", "start": 2, "end": 4.5, "text": "Hi & bye"},
                ]
            ).encode(),
            "",
        ),
    ],
)
def test_whatever_form_it_has(api: httpx.Client, files: FileServer, body: bytes, content_type: str) -> None:
    files.files["/a"] = Reply(body, content_type)
    session = imported(api, files.url("/a"))
    assert said(api, session["id"])[:2] == [("Ann Lee", "Hello", 1.0, 2.0), ("Bo", "Hi & bye", 2.0, 4.5)]


@pytest.mark.parametrize("name", ["vtt", "srt", "json", "ndjson"])
def test_what_is_exported_can_be_imported(api: httpx.Client, files: FileServer, name: str) -> None:
    files.files["/meeting.vtt"] = Reply(VTT.encode())
    first = imported(api, files.url())
    exported = api.get(f"/v1/sessions/{first['id']}/transcript", params={"format": name})
    files.files["/export"] = Reply(exported.content, exported.headers["content-type"])
    again = imported(api, files.url("/export"))
    assert said(api, again["id"]) == said(api, first["id"])
    if "json" in name:
        assert again["started_at"] == first["started_at"]


def test_its_subscribers_see_it_happen(api: httpx.Client, files: FileServer) -> None:
    def patient(_asked: Asked, _number: int) -> Reply:
        assert followed.wait(20)
        return Reply(VTT.encode())

    followed = Event()
    files.files["/meeting.vtt"] = patient
    session = created(api, file_url=files.url())
    wait_until(lambda: files.asked, "it is fetched")
    with api.stream("GET", f"/v1/sessions/{session['id']}/stream") as stream:
        received = frames(stream)
        assert next(received)["data"]["session"]["status"] == "initializing"
        followed.set()
        seen = [frame for frame in received if frame["type"] != "bookmark"]
    assert [frame["type"] for frame in seen] == [
        "session.status_changed",
        "participant.joined",
        "transcript.segment",
        "participant.joined",
        "transcript.segment",
        "transcript.segment",
        "participant.left",
        "participant.left",
        "log.entry",
        "session.status_changed",
        "session.sealed",
        "end",
    ]
    (line,) = (frame["data"] for frame in seen if frame["type"] == "log.entry")
    assert (line["level"], line["message"], line["fields"]) == (
        "info",
        "Imported",
        {"segments": 3, "speakers": 2, "skipped": 0},
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://10.0.0.1/a.vtt", "not one of a public address"),
        ("https://[::1]/a.vtt", "not one of a public address"),
        ("https://169.254.169.254/latest/meta-data/", "not one of a public address"),
        ("https://2130706433/a.vtt", "no host"),
        ("https://0x7f.1/a.vtt", "no host"),
        ("https://user:pass@example.com/a.vtt", "user or password"),
        ("https://example.com:25/a.vtt", "port 25"),
        ("https://example.com:0/a.vtt", "port 0"),
        ("https://a..b/", "no host"),
        ("https://exa\\mple.com/", "backslash"),
        ("https://\uff11\uff12\uff17.0.0.1/", "not valid"),
    ],
)
def test_a_url_that_may_not_be_fetched_makes_no_session(api: httpx.Client, url: str, says: str) -> None:
    error = refused(api.post("/v1/sessions", json={"file_url": url}), "invalid_field", field="$.file_url")
    assert says in error["message"]
    assert taken(api.get("/v1/sessions"))["count"] == 0


@pytest.mark.parametrize("url", ["http://example.com/a.vtt", "ftp://example.com/", "a.vtt", "https://", 7])
def test_what_is_no_https_url_is_refused(api: httpx.Client, url: object) -> None:
    refused(api.post("/v1/sessions", json={"file_url": url}), "invalid_field", field="$.file_url")


@pytest.mark.parametrize(
    "fields",
    [{"meeting_link": "https://meet.google.com/abc-defg-hij"}, {"scheduled_for": "2999-01-01T00:00:00Z"}],
)
def test_a_file_is_no_meeting_to_join(api: httpx.Client, fields: dict[str, str]) -> None:
    (name,) = fields
    body = {"file_url": "https://example.com/a.vtt", **fields}
    refused(api.post("/v1/sessions", json=body), "invalid_field", field=f"$.{name}")


def test_a_private_address_is_refused(own_hub: HubServer, files: FileServer) -> None:
    """Without leave for the loopback, by name and by redirect."""
    files.files["/meeting.vtt"] = Reply(VTT.encode())
    with client(own_hub, own_hub.key) as api:
        end = failed(api, files.url(host="localhost"), "FILE_REFUSED")
        assert end["message"] == "`localhost` is not at a public address."
        assert end["stage"] == "fetch"
    assert files.asked == []


def test_redirects_to_private_addresses_are_refused(api: httpx.Client, files: FileServer) -> None:
    for location in ("https://127.0.0.2/", "https://10.1.2.3/", "http://localhost/", "https://[::1]/"):
        files.files["/meeting.vtt"] = Reply(status=302, headers={"Location": location})
        failed(api, files.url(), "FILE_REFUSED")


def test_what_is_no_file_ends_with_its_reason(api: httpx.Client, files: FileServer) -> None:
    files.files["/endless"] = Reply(endless(VTT.encode() * 50, files.closing))
    files.files["/huge"] = Reply(VTT.encode().ljust(LIMIT + 1))
    files.files["/slow"] = Reply(itertools.chain([VTT.encode()], endless(b"\n", files.closing, 0.2)))
    files.files["/page"] = Reply(b"<!DOCTYPE html><title>Sign in</title>", "text/html")
    files.files["/picture"] = Reply(b"\x89PNG\r\n\x1a\n" + bytes(5000), "image/png")
    files.files["/nothing"] = Reply(b"", "")
    files.files["/bad.vtt"] = Reply(b"WEBVTT\n\n00:01.000 --> soon\nx\n")
    files.files["/bad.json"] = Reply(b'[{"start": 1}]', "application/json")
    for path, code, says in (
        ("/endless", "FILE_TOO_LARGE", "300000 bytes"),
        ("/huge", "FILE_TOO_LARGE", "300000 bytes"),
        ("/slow", "FILE_UNREACHABLE", "within 5 s"),
        ("/missing", "FILE_UNREACHABLE", "answered 404"),
        ("/page", "FILE_UNSUPPORTED", "a web page"),
        ("/picture", "FILE_UNSUPPORTED", "`image/png`"),
        ("/nothing", "FILE_UNSUPPORTED", "something"),
        ("/bad.vtt", "FILE_UNREADABLE", "line 3"),
        ("/bad.json", "FILE_UNREADABLE", "`$[0]` has no text"),
    ):
        assert says in failed(api, files.url(path), code)["message"]


def test_audio_and_video_wait_for_a_bot(api: httpx.Client, files: FileServer) -> None:
    files.files["/talk.mp4"] = Reply(b"\x00\x00\x00\x20ftypisom" + bytes(9000), "video/mp4")
    files.files["/talk.mp3"] = Reply(b"\x00" * 9000, "")
    for path in ("/talk.mp4", "/talk.mp3"):
        body = {"file_url": files.url(path), "dispatch": {"deadlines": {"unclaimed": 0.1}}}
        session_id = taken(api.post("/v1/sessions", json=body), 201)["id"]
        ended(api, session_id)
        end = taken(api.get(f"/v1/sessions/{session_id}"))["end"]
        assert (end["code"], end["stage"]) == ("BOT_UNAVAILABLE", "initializing")
        (line,) = taken(api.get(f"/v1/sessions/{session_id}/logs"))["data"]
        assert "waits for a bot" in line["message"]


def test_audio_and_video_go_to_a_bot_that_takes_them(api: httpx.Client, files: FileServer) -> None:
    files.files["/talk.mp4"] = Reply(b"\x00\x00\x00\x20ftypisom" + bytes(9000), "video/mp4")
    url = files.url("/talk.mp4") + "?secret=1"
    body = {"file_url": url, "dispatch": {"labels": ["de"]}}
    session_id = taken(api.post("/v1/sessions", json=body), 201)["id"]
    until_waiting(api, 1)
    assert taken(api.get("/v1/bots"))["by_platform"] == {"media": 1}
    assert claim(api, "joins", labels=["de"]) is None
    assert claim(api, "speaks-no-german", media=True) is None
    assignment = claim(api, "listens", media=True, labels=["de", "en"], wait=10)
    assert assignment is not None
    assert (assignment["session"]["id"], assignment["file_url"]) == (session_id, url)
    # What opens the file is for the bot alone.
    assert "secret" not in api.get(f"/v1/sessions/{session_id}").text
    lease = {"Hub-Lease": str(assignment["lease"])}
    done = [event("session.status_changed", status=one) for one in ("active", "completed")]
    taken(api.post(f"/v1/sessions/{session_id}/events", json=done, headers=lease))
    assert ended(api, session_id)["status"] == "completed"


def test_a_repeated_creation_imports_once(api: httpx.Client, files: FileServer) -> None:
    files.files["/meeting.vtt"] = Reply(VTT.encode())
    headers = {"Idempotency-Key": "once"}

    def ask(_number: int) -> tuple[int, str]:
        answer = api.post("/v1/sessions", json={"file_url": files.url()}, headers=headers)
        return answer.status_code, answer.json()["id"]

    answers = [ask(0), *at_once(4, ask)]
    (session_id,) = {session_id for _status, session_id in answers}
    assert [status for status, _ in answers].count(201) == 1
    ended(api, session_id)
    ask(0)
    assert len([e for e in history(api, session_id) if e["type"] == "transcript.segment"]) == 3


def test_a_file_that_does_not_fit_fails(
    own_redis: RedisServer,
    authority: Authority,
    files: FileServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = {
        "HUB_FETCH_ALLOW": "127.0.0.1",
        "HUB_MAX_ENTRIES": "250",
        "SSL_CERT_FILE": str(authority.file),
    }
    lines = [{"start": n, "end": n + 0.5, "text": f"line {n}"} for n in range(300)]
    files.files["/a"] = Reply(json.dumps(lines).encode())
    with (
        HubServer(tmp_path_factory.mktemp("hub"), own_redis, settings) as server,
        client(server, server.key) as api,
    ):
        session = imported(api, files.url("/a"))
        assert (session["status"], session["end"]["code"]) == ("failed", "IMPORT_FAILED")
        assert session["end"]["message"] == "The file holds more than a session may."


def test_a_large_file_takes_its_time_where_the_rate_is_limited(
    own_redis: RedisServer,
    authority: Authority,
    files: FileServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = {
        "HUB_FETCH_ALLOW": "127.0.0.1",
        "HUB_MAX_RATE": "1000",
        "SSL_CERT_FILE": str(authority.file),
    }
    lines = [{"start": n, "end": n + 0.5, "text": f"line {n}"} for n in range(2500)]
    files.files["/a"] = Reply(json.dumps(lines).encode())
    with (
        HubServer(tmp_path_factory.mktemp("hub"), own_redis, settings) as server,
        client(server, server.key) as api,
    ):
        session = imported(api, files.url("/a"))
        assert (session["status"], session["segment_count"]) == ("completed", 2500)


def test_a_session_that_others_touch_is_still_told_once(api: httpx.Client, files: FileServer) -> None:
    """Somebody publishes into the session before its file has come."""
    gate = Event()

    def patient(_asked: Asked, _number: int) -> Reply:
        assert gate.wait(20)
        return Reply(VTT.encode())

    files.files["/meeting.vtt"] = patient
    session_id = created(api, file_url=files.url())["id"]
    wait_until(lambda: files.asked, "it is fetched")
    taken(post(api, session_id, event("session.status_changed", status="leaving")))
    gate.set()
    session = ended(api, session_id)
    assert (session["status"], session["end"]["code"]) == ("failed", "IMPORT_FAILED")
