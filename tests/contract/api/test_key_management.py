"""`/v1/keys`, and which tokens may be asked for."""

from typing import Any

import httpx
import pytest
from contract.api.asking import Api, client, new, refused, taken, unique
from servers import HubServer


def key_ids(api: httpx.Client) -> set[str]:
    return {key["id"] for key in taken(api.get("/v1/keys"))["data"]}


def test_a_key_is_shown_once(hub_server: HubServer, api_of: Api) -> None:
    organization = unique("org")
    own = api_of(organization, "admin")
    asked = {"name": "bot", "scopes": ["publish"], "user": {"id": "u", "first_name": "Ada"}}
    made = taken(own.post("/v1/keys", json=asked), 201)
    key = made.pop("key")
    assert key.startswith(f"sk_{made['id']}_")
    assert made | {"created_at": None} == {
        "id": made["id"],
        "organization": organization,
        "name": "bot",
        "scopes": ["publish"],
        "user": asked["user"],
        "created_at": None,
    }
    assert made in taken(own.get("/v1/keys"))["data"]
    assert key.split("_")[2] not in own.get("/v1/keys").text
    assert hub_server.redis is not None
    with hub_server.redis.client() as store:
        assert key.split("_")[2].encode() not in store.hget("hub:keys", made["id"])


def test_an_admin_has_the_keys_of_the_own_organization_only(admin: httpx.Client, api_of: Api) -> None:
    one, other = api_of(unique("org"), "admin"), api_of(unique("org"), "admin")
    foreign = key_ids(other)
    assert len(foreign) == 1
    assert not key_ids(one) & foreign
    assert key_ids(one) | foreign <= key_ids(admin)
    (foreign_id,) = foreign
    unknown = refused(one.delete("/v1/keys/0000000000000000"), "key_not_found")
    hidden = refused(one.delete(f"/v1/keys/{foreign_id}"), "key_not_found")
    assert unknown | {"trace_id": ""} == hidden | {"trace_id": ""}
    assert key_ids(other) == foreign


def test_an_admin_revokes_the_own_ones(admin: httpx.Client, api_of: Api) -> None:
    own = api_of(unique("org"), "admin")
    made = taken(own.post("/v1/keys", json={}), 201)
    assert made["scopes"] == ["publish", "subscribe", "manage"]
    assert own.delete(f"/v1/keys/{made['id']}").status_code == 204
    assert made["id"] not in key_ids(own) | key_ids(admin)
    refused(own.delete(f"/v1/keys/{made['id']}"), "key_not_found")


@pytest.mark.parametrize("scopes", [("admin",), ("admin", "publish", "subscribe", "manage")])
@pytest.mark.parametrize("target", ["default", "another"])
def test_an_admin_makes_no_keys_for_others(
    admin: httpx.Client, api_of: Api, scopes: tuple[str, ...], target: str
) -> None:
    own = api_of(unique("org"), *scopes)
    before = key_ids(admin)
    refused(own.post("/v1/keys", json={"organization": target}), "missing_scope")
    assert key_ids(admin) == before


def test_only_admins_of_default_make_keys_for_others(admin: httpx.Client, api_of: Api) -> None:
    # It is being an admin of `default` that counts, not being the key the hub was started with.
    operator, plain = api_of("default", "admin"), api_of("default")
    organization = unique("org")
    made = taken(operator.post("/v1/keys", json={"organization": organization}), 201)
    assert made["organization"] == organization
    assert made["id"] in key_ids(operator) & key_ids(admin)
    assert operator.delete(f"/v1/keys/{made['id']}").status_code == 204
    refused(plain.post("/v1/keys", json={"organization": organization}), "missing_scope", scope="admin")
    refused(plain.get("/v1/keys"), "missing_scope", scope="admin")


def test_an_operator_sees_no_sessions_of_others(admin: httpx.Client, api: httpx.Client) -> None:
    refused(admin.get(f"/v1/sessions/{new(api)}"), "session_not_found")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"scopes": []}, "$.scopes"),
        ({"scopes": ["root"]}, "$.scopes[0]"),
        ({"scopes": "publish"}, "$.scopes"),
        ({"organization": "a b"}, "$.organization"),
        ({"organization": "}:s:x"}, "$.organization"),
        ({"organization": ""}, "$.organization"),
        ({"name": ""}, "$.name"),
        ({"id": "mine"}, "$"),
        ({"key": "sk_a_b"}, "$"),
        ([], "$"),
    ],
    ids=str,
)
def test_a_wrong_key_is_not_made(admin: httpx.Client, body: Any, path: str) -> None:
    before = key_ids(admin)
    refused(admin.post("/v1/keys", json=body), "invalid_field", field=path)
    assert key_ids(admin) == before


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"expires_in": 9}, "$.expires_in"),
        ({"expires_in": 86_401}, "$.expires_in"),
        ({"channels": ["secrets"]}, "$.channels[0]"),
        ({"channels": []}, "$.channels"),
        ({"session_id": "a b"}, "$.session_id"),
        ({"organization": "default"}, "$"),
    ],
    ids=str,
)
def test_a_wrong_token_is_not_made(api: httpx.Client, body: Any, path: str) -> None:
    refused(api.post("/v1/tokens", json=body), "invalid_field", field=path)


def test_a_token_makes_no_token(hub_server: HubServer, api: httpx.Client) -> None:
    token = taken(api.post("/v1/tokens", json={}), 201)["token"]
    with client(hub_server, token) as holder:
        refused(holder.post("/v1/tokens", json={}), "missing_scope")
