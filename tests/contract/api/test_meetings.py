"""Meetings: put, named by sessions, listed."""

from typing import Any

import httpx
import pytest
from contract.api.asking import client, created, new, refused, taken
from servers import HubServer

SAID = {
    "title": "Weekly",
    "description": "What we did and what is next.",
    "external_id": "evt-1@example.org",
    "source": "google_calendar",
    "link": "https://meet.google.com/abc-defg-hij",
}
UNSAID = dict.fromkeys(SAID)


def meeting(api: httpx.Client, meeting_id: str = "weekly") -> dict[str, Any]:
    return taken(api.get(f"/v1/meetings/{meeting_id}"))


def test_it_is_put(api: httpx.Client) -> None:
    put = taken(api.put("/v1/meetings/weekly", json=SAID), 201)
    assert put == meeting(api)
    assert put["created_at"] == put["updated_at"]
    known = {"id": "weekly", "number": 1, "metadata_version": 1, "user": None}
    times = {name: put[name] for name in ("created_at", "updated_at")}
    assert put == {**SAID, **known, **times}


def test_what_is_put_replaces_all_that_was(api: httpx.Client) -> None:
    first = taken(api.put("/v1/meetings/weekly", json=SAID), 201)
    again = taken(api.put("/v1/meetings/weekly", json={"source": "outlook"}))
    assert again == {
        **first,
        **UNSAID,
        "source": "outlook",
        "metadata_version": 2,
        "updated_at": again["updated_at"],
    }
    assert again["updated_at"] >= first["updated_at"]
    assert taken(api.put("/v1/meetings/weekly", json={}))["metadata_version"] == 3


def test_a_session_that_names_it_is_enough(api: httpx.Client) -> None:
    refused(api.get("/v1/meetings/weekly"), "meeting_not_found")
    session = created(api, meeting_id="weekly")
    found = meeting(api)
    times = dict.fromkeys(("created_at", "updated_at"), session["created_at"])
    assert found == {"id": "weekly", "number": 1, "metadata_version": 0, "user": None, **UNSAID, **times}
    new(api, meeting_id="weekly")
    assert meeting(api) == found
    put = taken(api.put("/v1/meetings/weekly", json=SAID))
    assert (put["number"], put["metadata_version"], put["title"]) == (1, 1, "Weekly")
    assert put["created_at"] == found["created_at"]


def test_one_that_only_sessions_have_named_goes_with_the_last_of_them(api: httpx.Client) -> None:
    ids = [new(api, meeting_id="weekly") for _ in range(2)]
    described = new(api, meeting_id="planned")
    taken(api.put("/v1/meetings/planned", json={"title": "Planned"}))
    assert api.delete(f"/v1/sessions/{ids[0]}").status_code == 204
    assert meeting(api)["number"] == 1
    assert api.delete(f"/v1/sessions/{ids[1]}").status_code == 204
    assert api.delete(f"/v1/sessions/{described}").status_code == 204
    refused(api.get("/v1/meetings/weekly"), "meeting_not_found")
    listed = taken(api.get("/v1/meetings"))
    assert [one["id"] for one in listed["data"]] == ["planned"]
    assert listed["count"] == 1
    assert taken(api.put("/v1/meetings/weekly", json={}), 201)["number"] == 3


def test_the_user_is_that_of_the_key_that_put_it_first(
    hub_server: HubServer, admin: httpx.Client, organization: str
) -> None:
    def key(user: dict[str, str]) -> str:
        body = {"organization": organization, "user": user}
        return taken(admin.post("/v1/keys", json=body), 201)["key"]

    with client(hub_server, key({"id": "u1", "first_name": "Ada"})) as ada:
        new(ada, meeting_id="weekly")
        assert meeting(ada)["user"] is None
        assert taken(ada.put("/v1/meetings/weekly", json={}))["user"] == {"id": "u1", "first_name": "Ada"}
    with client(hub_server, key({"id": "u2"})) as bob:
        assert taken(bob.put("/v1/meetings/weekly", json={}))["user"]["id"] == "u1"


@pytest.mark.parametrize("limit", [1, 2, 5, 200])
def test_pages_hold_all_newest_first(api: httpx.Client, limit: int) -> None:
    for number in range(5):
        if number % 2:
            new(api, meeting_id=f"m{number}")
        else:
            taken(api.put(f"/v1/meetings/m{number}", json={}), 201)
    found: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        page = taken(api.get("/v1/meetings", params=query))
        assert page["count"] == 5
        assert len(page["data"]) == min(limit, 5 - len(found))
        found += [one["id"] for one in page["data"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == ["m4", "m3", "m2", "m1", "m0"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "$.title"),
        ({"title": "x" * 257}, "$.title"),
        ({"description": "x" * 4097}, "$.description"),
        ({"external_id": "a b"}, "$.external_id"),
        ({"source": "a b"}, "$.source"),
        ({"link": "ftp://example.org"}, "$.link"),
        ({"number": 5}, "$"),
    ],
)
def test_a_wrong_field_is_named(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    refused(api.put("/v1/meetings/weekly", json=body), "invalid_field", field=field)
    refused(api.get("/v1/meetings/weekly"), "meeting_not_found")


def test_what_is_no_id_is_refused(api: httpx.Client) -> None:
    refused(api.put("/v1/meetings/a%20b", json={}), "invalid_parameter", field="meeting_id")
    refused(api.get("/v1/meetings/a%20b"), "meeting_not_found")
    refused(api.get("/v1/meetings?cursor=x"), "invalid_parameter", field="cursor")
    refused(api.get("/v1/meetings/weekly?limit=1"), "invalid_parameter", field="limit")
