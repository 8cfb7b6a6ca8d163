"""Topics: made, listed, said anew, deleted; and what sessions say of them."""

import re
from typing import Any

import httpx
import pytest
from contract.api.asking import created, found, new, refused, taken
from contract.api.calls import NO_TOPIC


def topic(api: httpx.Client, **said: Any) -> dict[str, Any]:
    return taken(api.post("/v1/topics", json={"name": "Sales", **said}), 201)


def path(one: dict[str, Any]) -> str:
    return f"/v1/topics/{one['id']}"


def test_it_is_made(api: httpx.Client) -> None:
    answer = api.post("/v1/topics", json={"name": "Sales", "alias": "s", "language": "de"})
    made = taken(answer, 201)
    assert re.fullmatch(r"top_[0-9a-hjkmnp-tv-z]{20}", made["id"])
    assert answer.headers["location"] == path(made)
    assert made["created_at"] == made["updated_at"]
    assert (made["number"], made["name"], made["alias"], made["language"]) == (1, "Sales", "s", "de")
    assert taken(api.get(path(made))) == made
    second = topic(api)
    assert (second["number"], second["alias"], second["language"]) == (2, None, None)


def test_it_is_said_anew(api: httpx.Client) -> None:
    made = topic(api, alias="s", language="de")
    again = taken(api.patch(path(made), json={"name": "Support", "alias": None}))
    assert again == {**made, "name": "Support", "alias": None, "updated_at": again["updated_at"]}
    assert again["updated_at"] >= made["updated_at"]
    assert taken(api.get(path(made))) == again
    assert taken(api.patch(path(made), json={}))["name"] == "Support"


def test_it_is_deleted(api: httpx.Client) -> None:
    made, other = topic(api), topic(api)
    assert api.delete(path(made)).status_code == 204
    for answer in (api.get(path(made)), api.patch(path(made), json={}), api.delete(path(made))):
        refused(answer, "topic_not_found")
    assert taken(api.get("/v1/topics")) == {"data": [other], "next": None, "count": 1}
    assert topic(api)["number"] == 3


@pytest.mark.parametrize("limit", [1, 2, 4, 200])
def test_pages_hold_all_newest_first(api: httpx.Client, limit: int) -> None:
    made = [topic(api, name=f"T{number}") for number in range(4)]
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        page = taken(api.get("/v1/topics", params=query))
        assert page["count"] == 4
        seen += page["data"]
        if page["next"] is None:
            break
        assert len(page["data"]) == limit
        query["cursor"] = page["next"]
    assert seen == made[::-1]


def test_a_session_has_a_topic_that_there_is(api: httpx.Client) -> None:
    made, other = topic(api), topic(api)
    refused(api.post("/v1/sessions", json={"topic_id": NO_TOPIC}), "invalid_field", field="$.topic_id")
    session_id = created(api, topic_id=made["id"])["id"]

    def listed(one: dict[str, Any]) -> list[str]:
        return [item["id"] for item in taken(api.get("/v1/sessions", params={"topic_id": one["id"]}))["data"]]

    assert (listed(made), listed(other)) == ([session_id], [])
    patch = api.patch(f"/v1/sessions/{session_id}", json={"topic_id": NO_TOPIC})
    refused(patch, "invalid_field", field="$.topic_id")
    assert found(api, session_id)["topic_id"] == made["id"]
    taken(api.patch(f"/v1/sessions/{session_id}", json={"topic_id": other["id"]}))
    assert (listed(made), listed(other)) == ([], [session_id])
    # It keeps the id of a topic that is deleted later.
    assert api.delete(path(other)).status_code == 204
    assert found(api, session_id)["topic_id"] == other["id"]
    assert listed(other) == [session_id]
    taken(api.patch(f"/v1/sessions/{session_id}", json={"topic_id": None}))
    assert listed(other) == []
    assert len(taken(api.get("/v1/sessions"))["data"]) == 1


def test_a_retry_may_come_after_the_topic_was_deleted(api: httpx.Client) -> None:
    made = topic(api)
    options = {"json": {"topic_id": made["id"]}, "headers": {"Idempotency-Key": "k"}}
    session = taken(api.post("/v1/sessions", **options), 201)
    assert api.delete(path(made)).status_code == 204
    assert taken(api.post("/v1/sessions", **options))["id"] == session["id"]
    options["headers"] = {"Idempotency-Key": "other"}
    refused(api.post("/v1/sessions", **options), "invalid_field", field="$.topic_id")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "$"),
        ({"name": ""}, "$.name"),
        ({"name": None}, "$.name"),
        ({"name": "a", "alias": ""}, "$.alias"),
        ({"name": "a", "language": "?"}, "$.language"),
        ({"name": "a", "colour": "blue"}, "$"),
    ],
)
def test_a_wrong_field_is_named(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    refused(api.post("/v1/topics", json=body), "invalid_field", field=field)
    if body:
        refused(api.patch(path(topic(api)), json=body), "invalid_field", field=field)


def test_what_is_no_id_is_not_found(api: httpx.Client) -> None:
    new(api)
    refused(api.get("/v1/topics/a%20b"), "topic_not_found")
    refused(api.delete("/v1/topics/a%20b"), "topic_not_found")
    refused(api.get("/v1/topics?limit=0"), "invalid_parameter", field="limit")
