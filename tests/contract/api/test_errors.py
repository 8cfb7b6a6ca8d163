"""Every refusal is the envelope; who may not, and what there is not."""

import secrets

import httpx
import pytest
from contract.api.asking import NOBODY, Api, client, event, head, make_key, new, post, refused, seq, taken
from contract.api.calls import CALLS, CLOSED, OPEN, Call
from servers import HubServer, wait_until

SCOPES = ("publish", "subscribe", "manage", "admin")


def garbage(key: str) -> dict[str, str]:
    """Headers that are no credential, though some come close to `key`."""
    _sk, key_id, secret = key.split("_")
    other = ("0" if secret[-1] != "0" else "1").join((secret[:-1], ""))
    return {
        "empty": "",
        "scheme only": "Bearer",
        "no scheme": key,
        "basic": f"Basic {key}",
        "word": "Bearer abc",
        "prefix": "Bearer sk_",
        "no secret": f"Bearer sk_{key_id}_",
        "no id": f"Bearer sk__{secret}",
        "other secret": f"Bearer sk_{key_id}_{other}",
        "secret cut": f"Bearer sk_{key_id}_{secret[:-1]}",
        "unknown id": f"Bearer sk_{secrets.token_hex(8)}_{secret}",
        "two words": f"Bearer {key} {key}",
        "quoted": f'Bearer "{key}"',
        "upper case": f"Bearer {key.upper()}",
        "not ascii": "Bearer sk_schlüssel_ü",
        "long": "Bearer sk_" + "a" * 16_000,
        "token": "Bearer st_",
        "token without signature": "Bearer st_e30",
        "token of nobody": "Bearer st_e30.e30",
        "token not ascii": "Bearer st_ü.ü",
        "token bad base64": "Bearer st_a.a",
    }


MISSING = {"empty", "scheme only", "no scheme", "basic"}


@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_without_a_key_nothing_is_open(hub_server: HubServer, call: Call) -> None:
    with client(hub_server) as nobody:
        refused(call.ask(nobody, session_id=NOBODY, key_id="k"), "missing_credential")


@pytest.mark.parametrize("call", OPEN, ids=str)
def test_what_is_open_asks_for_no_key(hub_server: HubServer, call: Call) -> None:
    with client(hub_server) as nobody:
        assert call.ask(nobody).status_code == 200


@pytest.mark.parametrize("name", garbage("sk_a_b"))
def test_what_is_no_key_opens_nothing(hub_server: HubServer, key: str, api: httpx.Client, name: str) -> None:
    session_id = new(api)
    headers = {"Authorization": garbage(key)[name].encode("latin-1")}
    code = "missing_credential" if name in MISSING else "invalid_credential"
    with client(hub_server) as nobody:
        refused(nobody.get(f"/v1/sessions/{session_id}", headers=headers), code)
        refused(nobody.get(f"/v1/sessions/{session_id}/stream", headers=headers), code)
        refused(post(nobody, session_id, event("x.a"), headers=headers), code)
    assert seq(head(api, session_id)) == 1


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_the_scheme_has_no_case(hub_server: HubServer, key: str, scheme: str) -> None:
    with client(hub_server) as nobody:
        taken(nobody.get("/v1/sessions", headers={"Authorization": f"{scheme}{key}"}))


def test_a_revoked_key_is_over_within_5_s(
    hub_server: HubServer, admin: httpx.Client, api: httpx.Client
) -> None:
    body = {"organization": "revoking", "scopes": ["subscribe"]}
    made = taken(admin.post("/v1/keys", json=body), 201)
    with client(hub_server, made["key"]) as revoked:
        taken(revoked.get("/v1/sessions"))
        token = taken(revoked.post("/v1/tokens", json={}), 201)["token"]
        assert admin.delete(f"/v1/keys/{made['id']}").status_code == 204
        wait_until(lambda: revoked.get("/v1/sessions").status_code == 401, "it is refused", deadline=5)
        refused(revoked.get("/v1/sessions"), "invalid_credential")
        # What was made with it dies with it.
        refused(revoked.get("/v1/stream", params={"token": token}), "invalid_credential")
    with client(hub_server) as nobody:
        refused(nobody.get("/v1/stream", params={"token": token}), "invalid_credential")
    taken(api.get("/v1/sessions"))


@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_a_key_needs_the_scope(
    hub_server: HubServer, admin: httpx.Client, organization: str, api: httpx.Client, call: Call
) -> None:
    # What any key of the matrix may ask about is one's own: only the scope is missing.
    session_id = new(api)
    key_id = make_key(admin, organization).split("_")[1]
    without = make_key(admin, organization, *(scope for scope in SCOPES[:-1] if scope != call.scope))
    with client(hub_server, without) as own:
        answer = call.ask(own, session_id=session_id, key_id=key_id)
        refused(answer, "missing_scope", scope=call.scope)
    assert seq(head(api, session_id)) == 1
    for scope in (call.scope, "admin"):
        with client(hub_server, make_key(admin, organization, scope)) as own:
            answer = call.ask(own, session_id=session_id, key_id=key_id)
            assert answer.status_code not in (401, 403), scope


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/v1",
        "/v2/sessions",
        "/v1/sessions/x/y",
        f"/v1/sessions/{NOBODY}/events/1",
        "/v1/keys/a/b",
        "/client.py",
        "/..%2f..%2fetc/passwd",
        "/%00",
        "/%ff",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_such_path(api: httpx.Client, method: str, path: str) -> None:
    refused(api.request(method, path), "route_not_found")


def methods(path: str) -> set[str]:
    return {call.method for call in CALLS if call.path == path}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for path in dict.fromkeys(call.path for call in CALLS)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if method not in methods(path)
    ],
)
def test_no_such_method(api: httpx.Client, method: str, path: str) -> None:
    ids = {"session_id": NOBODY, "key_id": "k", "meeting_id": "m", "topic_id": "t"}
    answer = Call(method, path).ask(api, **ids)
    refused(answer, "method_not_allowed")
    head = {"HEAD"} if "GET" in methods(path) else set[str]()
    assert set(answer.headers["allow"].split(", ")) == methods(path) | head


def test_every_answer_has_a_trace_id_of_its_own(hub_server: HubServer, api: httpx.Client) -> None:
    answers = [
        api.get("/v1/sessions"),
        api.get("/nothing"),
        api.get("/healthz"),
        api.get(f"/v1/sessions/{NOBODY}"),
    ]
    trace_ids = [answer.headers["x-trace-id"] for answer in answers]
    assert len(set(trace_ids)) == len(answers)
    wait_until(
        lambda: all(trace_id in hub_server.log.read_text() for trace_id in trace_ids), "the log names them"
    )


def test_what_is_answered_is_not_kept_by_caches(api: httpx.Client) -> None:
    assert api.get("/v1/sessions").headers["cache-control"] == "no-store"


def test_the_organization_is_that_of_the_key(api_of: Api) -> None:
    one, other = api_of(), api_of()
    session_id = new(one)
    for elsewhere in ({"organization": "default"}, {"org": "default"}):
        refused(other.post("/v1/sessions", json=elsewhere), "invalid_field")
        refused(other.get("/v1/sessions", params=elsewhere), "invalid_parameter")
    refused(other.get(f"/v1/sessions/{session_id}"), "session_not_found")
