"""emogg: the published example, every field, parameter and failure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, ended, event, found, new, published, sealed, status, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.emogg_stage import BARE, FULL
from contract.compat.golden import golden, same
from contract.compat.published_emogg import A_SESSION, CREATE, PUBLISHED, RENAME, SESSIONS, STOP
from servers import wait_until

from hub.compat.ids import of_hex, to_hex
from hub.settings import Settings

BASE = "/compat/emogg"


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown(PUBLISHED)


@pytest.fixture(scope="module")
def api(below: Callable[..., httpx.Client], house: House) -> httpx.Client:
    return below(BASE, house.key)


def path(session_id: str) -> str:
    return f"/v1/sessions/{to_hex(session_id)}"


def asked(shown: Shown, api: httpx.Client, session_id: str) -> dict[str, Any]:
    return shown.answer(A_SESSION, api.get(path(session_id)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def staged(house: House) -> list[str]:
    """A session with everything, one with next to nothing, and one without a source."""
    full = new(house.native, **FULL)
    published(house.native, full, status("active"))
    taken(house.native.post(f"/v1/sessions/{full}/heartbeat", json={"state": "working"}))
    return [full, new(house.native, **BARE), new(house.native)]


def test_the_example_is_answered_as_published(shown: Shown, api: httpx.Client, house: House) -> None:
    session_id, *_others = staged(house)
    answer = api.get(path(session_id))
    data, native = shown.answer(A_SESSION, answer), found(house.native, session_id)
    assert same(data, golden("emogg-session")) == []
    assert of_hex(data["_id"]) == session_id
    assert data["timestamp"] == native["created_at"]
    assert data["meta"]["healthCheck"] == native["heartbeat_at"]


def test_a_session_is_active_until_it_has_finished(shown: Shown, api: httpx.Client, house: House) -> None:
    session_id = new(house.native, scheduled_for="2100-01-01T00:00:00Z")
    assert asked(shown, api, session_id)["state"] == "active"
    for name in ("initializing", "joining", "waiting_room", "active", "recording", "leaving"):
        published(house.native, session_id, status(name))
        assert asked(shown, api, session_id)["state"] == "active", name
    published(house.native, session_id, status("completed"))
    assert asked(shown, api, session_id)["state"] == "finished"
    failed = new(house.native)
    published(house.native, failed, status("failed"))
    assert asked(shown, api, failed)["state"] == "finished"


def test_the_type_is_live_analysis_unless_set(shown: Shown, api: httpx.Client, house: House) -> None:
    assert asked(shown, api, new(house.native))["type"] == "live_analysis"
    for name in ("live_analysis", "livestream", "participant"):
        assert asked(shown, api, new(house.native, type=name))["type"] == name


def test_what_nobody_said_is_left_out_or_empty(shown: Shown, api: httpx.Client, house: House) -> None:
    _full, bare, sourceless = (asked(shown, api, session_id) for session_id in staged(house))
    assert "config" not in bare
    assert bare["sources"] == [{"id": "s"}]
    assert "sources" not in sourceless
    assert list(bare["meta"]) == ["expires"]
    assert (bare["name"], bare["product"], bare["duration"]) == ("", "", 0)
    # Who created it is the user of the key.
    assert sourceless["user"] == found(house.native, of_hex(sourceless["_id"]))["user"]["id"]


def test_nobody_created_it(below: Callable[..., httpx.Client], shown: Shown, house: House) -> None:
    operator = below("", house.hub.key)
    assert asked(shown, below(BASE, house.hub.key), new(operator))["user"] == ""


def test_the_duration_is_that_of_the_session(shown: Shown, api: httpx.Client, house: House) -> None:
    session_id = new(house.native)
    published(house.native, session_id, status("active"))
    native = found(house.native, session_id)
    first = asked(shown, api, session_id)["duration"]
    assert 0 <= first < 60
    wait_until(lambda: asked(shown, api, session_id)["duration"] > first)
    published(house.native, session_id, status("completed"))
    lasted = found(house.native, session_id)["duration"]
    assert asked(shown, api, session_id)["duration"] == lasted
    assert at(found(house.native, session_id)["ended_at"]) - at(native["started_at"]) == timedelta(
        seconds=lasted
    )


def test_it_expires_when_its_retention_ends(shown: Shown, api: httpx.Client, house: House) -> None:
    session_id = new(house.native)
    kept = timedelta(seconds=Settings().retention)
    native = found(house.native, session_id)
    assert native["expires_at"] is None
    before = at(asked(shown, api, session_id)["meta"]["expires"])
    assert before == at(native["updated_at"]) + kept
    sealed(house.native, session_id)
    over = found(house.native, session_id)["updated_at"]

    def changed_later() -> bool:
        api.patch(path(session_id), json={"name": "Late"}).raise_for_status()
        return found(house.native, session_id)["updated_at"] > over

    # It does not expire any later for it.
    wait_until(changed_later)
    expires = asked(shown, api, session_id)["meta"]["expires"]
    assert expires == found(house.native, session_id)["expires_at"]
    assert at(expires) >= before


def test_the_worker_is_the_bot(shown: Shown, api: httpx.Client, house: House) -> None:
    session_id = new(house.native, bot_state="idle")
    assert asked(shown, api, session_id)["meta"]["workerState"] == "idle"
    taken(house.native.post(f"/v1/sessions/{session_id}/heartbeat", json={"state": "working"}))
    meta = asked(shown, api, session_id)["meta"]
    assert meta["workerState"] == "working"
    assert meta["healthCheck"] == found(house.native, session_id)["heartbeat_at"]


class Listed:
    """The list of an organization with six sessions, by what it is asked for."""

    def __init__(self, shown: Shown, house: House, api: httpx.Client) -> None:
        self.house, self._shown, self._api = house, shown, api
        self.oldest, *others = staged(house)
        self.stream = new(house.native, type="livestream")
        self.ended = new(house.native)
        published(house.native, self.ended, status("active"), status("completed"))
        scheduled = new(house.native, scheduled_for="2100-01-01T00:00:00Z")
        self.newest_first = [scheduled, self.ended, self.stream, *reversed(others), self.oldest]

    def page(self, **query: Any) -> dict[str, Any]:
        return self._shown.answer(SESSIONS, self._api.get("/v1/sessions", params=query))

    def ids(self, **query: Any) -> list[str]:
        return [of_hex(one["_id"]) for one in self.page(**query)["data"]]

    def changed(self, name: str, **query: Any) -> list[str]:
        """What is listed with a parameter, which is not what is listed without."""
        listed = self.ids(**query)
        self._shown.parameter(SESSIONS, name, self.ids(), listed)
        return listed


@pytest.fixture(scope="module")
def listed(shown: Shown, other: House, below: Callable[..., httpx.Client]) -> Listed:
    return Listed(shown, other, below(BASE, other.key))


def test_the_list_is_the_organizations_newest_first(listed: Listed) -> None:
    page = listed.page()
    assert [of_hex(one["_id"]) for one in page["data"]] == listed.newest_first
    assert (page["hasMore"], page["offset"], page["limit"]) == (False, 0, 20)


def test_each_item_is_as_it_is_alone(
    listed: Listed, shown: Shown, other: House, below: Callable[..., httpx.Client]
) -> None:
    api = below(BASE, other.key)
    for item in listed.page()["data"]:
        alone = asked(shown, api, of_hex(item["_id"]))
        assert {**alone, "duration": 0} == {**item, "duration": 0}


def test_the_list_by_state(listed: Listed) -> None:
    finished = listed.changed("state=finished", state="finished")
    assert finished == [listed.ended]
    active = listed.changed("state=active", state="active")
    assert active == [one for one in listed.newest_first if one != listed.ended]


def test_the_list_by_type(listed: Listed) -> None:
    assert listed.changed("type", type="livestream") == [listed.stream]
    rest = [one for one in listed.newest_first if one != listed.stream]
    assert listed.ids(type="live_analysis") == rest
    assert listed.ids(type="participant") == []


def test_the_list_by_time(listed: Listed) -> None:
    moment = found(listed.house.native, listed.stream)["created_at"]
    later = [one for one in listed.newest_first if found(listed.house.native, one)["created_at"] >= moment]
    earlier = [one for one in listed.newest_first if found(listed.house.native, one)["created_at"] <= moment]
    since = listed.ids(**{"from": moment})
    assert since == later
    assert listed.stream in since
    until = listed.ids(to=moment)
    assert until == earlier
    assert listed.stream in until
    assert listed.changed("from", **{"from": "2100-01-01"}) == []
    assert listed.changed("to", to="2000-01-01T00:00:00+02:00") == []
    assert listed.ids(**{"from": "2000-01-01"}) == listed.newest_first
    assert listed.ids(to=moment[:10], **{"from": moment[:10]}) == listed.newest_first


def test_the_list_by_pages(listed: Listed) -> None:
    assert listed.changed("limit", limit=2) == listed.newest_first[:2]
    assert listed.changed("offset", offset=3) == listed.newest_first[3:]
    pages = [listed.page(limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [page["hasMore"] for page in pages] == [True, True, False, False]
    assert [len(page["data"]) for page in pages] == [2, 2, 2, 0]
    assert [(page["offset"], page["limit"]) for page in pages] == [(0, 2), (2, 2), (4, 2), (6, 2)]
    assert listed.page(limit=5)["hasMore"] is True
    assert listed.page(limit=6)["hasMore"] is False
    assert listed.page(limit=100)["limit"] == 100
    # Of those that are asked for, not of all.
    assert listed.page(limit=1, state="finished")["hasMore"] is False


WRONG = {
    "limit=101": "limit",
    "limit=0": "limit",
    "limit=many": "limit",
    "offset=-1": "offset",
    "state=scheduled": "state",
    "type=meeting": "type",
    "from=yesterday": "from",
    "to=2026-02-30": "to",
}


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_parameter_is_named(shown: Shown, api: httpx.Client, query: str) -> None:
    failed = shown.failed(SESSIONS, api.get(f"/v1/sessions?{query}"), 400)
    assert failed["message"].startswith(f"{WRONG[query]}: "), failed


def test_a_session_is_created(shown: Shown, api: httpx.Client, house: House) -> None:
    said = {"name": "Pitch", "streamUri": "rtmp://example.com/live/key"}
    data = shown.answer(CREATE, api.post("/v1/sessions", json=said), 201)
    other = shown.answer(CREATE, api.post("/v1/sessions", json={"name": "Another"}), 201)
    shown.parameter(CREATE, "name", data["name"], other["name"])
    shown.parameter(CREATE, "streamUri", data.get("sources"), other.get("sources"))
    native = found(house.native, of_hex(data["_id"]))
    assert (native["title"], native["type"], native["status"]) == ("Pitch", "live_analysis", "initializing")
    (source,) = native["sources"]
    assert source == {**source, "type": "stream", "url": said["streamUri"]}
    assert data["sources"] == [{"id": source["id"], "type": "stream"}]
    assert (data["state"], data["user"]) == ("active", native["user"]["id"])
    assert asked(shown, api, of_hex(data["_id"])) == data


@pytest.mark.parametrize("name", ["a", "ü" * 256])
def test_a_name_has_at_most_256_characters(shown: Shown, api: httpx.Client, name: str) -> None:
    data = shown.answer(CREATE, api.post("/v1/sessions", json={"name": name}), 201)
    assert data["name"] == name
    too_long = name * 257
    for answer, endpoint in (
        (api.post("/v1/sessions", json={"name": too_long}), CREATE),
        (api.patch(f"/v1/sessions/{data['_id']}", json={"name": too_long}), RENAME),
    ):
        assert shown.failed(endpoint, answer, 400)["message"].startswith("$.name: ")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "$: Object missing required field `name`"),
        ({"name": ""}, "$.name: "),
        ({"name": 1}, "$.name: "),
        ({"name": "n", "streamUri": "no url"}, "$.streamUri: "),
        ([], "$: "),
    ],
)
def test_a_wrong_body_is_refused(shown: Shown, api: httpx.Client, body: Any, field: str) -> None:
    failed = shown.failed(CREATE, api.post("/v1/sessions", json=body), 400)
    assert failed["message"].startswith(field), failed


def test_what_is_no_json_is_refused(shown: Shown, api: httpx.Client) -> None:
    assert shown.failed(CREATE, api.post("/v1/sessions", content=b"{"), 400)["error"] == "Bad Request"


def test_the_name_is_all_that_can_be_changed(shown: Shown, api: httpx.Client, house: House) -> None:
    for session_id in staged(house):
        before = asked(shown, api, session_id)
        data = shown.answer(RENAME, api.patch(path(session_id), json={"name": "Renamed"}))
        shown.parameter(RENAME, "name", before["name"], data["name"])
        changing = ("name", "duration", "meta")
        rest = {name: value for name, value in data.items() if name not in changing}
        assert rest == {name: value for name, value in before.items() if name not in changing}
        assert found(house.native, session_id)["title"] == "Renamed"
        for body in ({"name": "Other", "state": "finished"}, {"type": "livestream"}, {}, {"name": None}):
            shown.failed(RENAME, api.patch(path(session_id), json=body), 400)
        assert asked(shown, api, session_id)["name"] == "Renamed"


def test_a_session_that_is_finished_can_be_renamed(shown: Shown, api: httpx.Client, house: House) -> None:
    session_id = new(house.native)
    sealed(house.native, session_id)
    data = shown.answer(RENAME, api.patch(path(session_id), json={"name": "Renamed"}))
    assert (data["name"], data["state"]) == ("Renamed", "finished")


def test_a_session_that_is_not_active_cannot_be_stopped(
    shown: Shown, api: httpx.Client, house: House
) -> None:
    scheduled = new(house.native, scheduled_for="2100-01-01T00:00:00Z")
    for session_id in (*staged(house), scheduled):
        data = shown.answer(STOP, api.post(f"{path(session_id)}/stop"))
        assert data["state"] == "finished"
        assert found(house.native, session_id)["live"] is False
        again = shown.failed(STOP, api.post(f"{path(session_id)}/stop"), 400)
        assert again == golden("emogg-failures")["400"]
    session_id = new(house.native)
    ended(house.native, session_id)
    shown.failed(STOP, api.post(f"{path(session_id)}/stop"), 400)


def test_failures_are_as_published(
    shown: Shown, below: Callable[..., httpx.Client], api: httpx.Client, house: House
) -> None:
    expected = golden("emogg-failures")
    session_id = new(house.native)
    name = {"name": "Pitch"}
    requests: dict[str, tuple[str, str, Any]] = {
        A_SESSION: ("GET", path(session_id), None),
        SESSIONS: ("GET", "/v1/sessions", None),
        CREATE: ("POST", "/v1/sessions", name),
        RENAME: ("PATCH", path(session_id), name),
        STOP: ("POST", f"{path(session_id)}/stop", None),
    }
    for endpoint, (method, url, body) in requests.items():
        missing = below(BASE).request(method, url, json=body)
        assert shown.failed(endpoint, missing, 401) == expected["401"]
        invalid = below(BASE, house.key + "x").request(method, url, json=body)
        assert shown.failed(endpoint, invalid, 401)["error"] == "Unauthorized"
        # Who may not do it is told no more than who asks for nothing.
        keys = [house.publisher] if method == "GET" else [house.publisher, house.reader]
        for key in keys:
            answer = below(BASE, key).request(method, url, json=body)
            assert shown.failed(endpoint, answer, 404) == expected["404"]
    assert asked(shown, api, session_id)["state"] == "active"
    for other in (to_hex(NOBODY), session_id, "65ea1530bb50af72b6e3dc1", "%20" * 24, "x" * 24, "é" * 24):
        for method, rest, body in (("GET", "", None), ("PATCH", "", name), ("POST", "/stop", None)):
            answer = api.request(method, f"/v1/sessions/{other}{rest}", json=body)
            assert (answer.status_code, answer.json()) == (404, expected["404"])


def test_a_foreign_session_is_none(api: httpx.Client, other: House) -> None:
    session_id = new(other.native, title="secret")
    hidden, missing = (api.get(path(one)) for one in (session_id, NOBODY))
    assert hidden.status_code == 404
    assert hidden.content == missing.content
    assert api.patch(path(session_id), json={"name": "mine"}).status_code == 404
    assert api.post(f"{path(session_id)}/stop").status_code == 404
    native = found(other.native, session_id)
    assert (native["title"], native["live"]) == ("secret", True)
    listed = api.get("/v1/sessions", params={"limit": 100}).json()["data"]
    assert to_hex(session_id) not in [one["_id"] for one in listed]


def test_one_session_in_both_apis(api: httpx.Client, house: House) -> None:
    session_id = of_hex(api.post("/v1/sessions", json={"name": "Pitch"}).json()["_id"])
    published(house.native, session_id, status("active"), event("x.emotion", joy=0.5))
    api.post(f"{path(session_id)}/stop").raise_for_status()
    native = found(house.native, session_id)
    assert (native["status"], native["end"]["code"]) == ("completed", "STOPPED")


def test_all_that_was_published_is_shown(shown: Shown) -> None:
    shown.conclude()
