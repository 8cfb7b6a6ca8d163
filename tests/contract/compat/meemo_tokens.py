"""Access tokens of meemo."""

from collections.abc import Callable

import httpx
import pytest
from contract.api.asking import created, found, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.golden import golden, same
from contract.compat.meemo_stage import BASE, MEETINGS, Credentials, access
from contract.compat.published_meemo import REVOKE, TOKEN
from servers import HubServer, wait_until


class TestToken:
    def test_the_example(self, shown: Shown, nobody: httpx.Client, house: House) -> None:
        answer = nobody.post("/api/auth/token/", data=Credentials.of(house.key).form())
        assert same(shown.answer(TOKEN, answer), golden("meemo-token")) == []

    def test_its_scope_is_that_of_the_key(self, shown: Shown, nobody: httpx.Client, house: House) -> None:
        for key, scope in ((house.reader, "read"), (house.publisher, ""), (house.hub.key, "read write")):
            answer = nobody.post("/api/auth/token/", data=Credentials.of(key).form())
            assert shown.answer(TOKEN, answer)["scope"] == scope

    def test_an_api_key_itself_will_do(self, below: Callable[..., httpx.Client], house: House) -> None:
        taken(below(BASE, house.key).get(MEETINGS))

    def test_a_token_is_as_good_natively(self, below: Callable[..., httpx.Client], house: House) -> None:
        token = access(below(BASE), house.key)
        native = below("", token)
        session = created(native, title="Mine")
        assert found(house.native, session["id"])["user"]["id"] == session["user"]["id"] != ""

    @pytest.mark.parametrize("name", ["grant_type", "client_id", "client_secret"])
    def test_each_value_counts(self, shown: Shown, nobody: httpx.Client, house: House, name: str) -> None:
        form = Credentials.of(house.key).form()
        good = nobody.post("/api/auth/token/", data=form)
        left_out = nobody.post("/api/auth/token/", data={key: form[key] for key in form if key != name})
        assert shown.failed(TOKEN, left_out, 400)["error"]["params"] == {"field": "$"}
        wrong = nobody.post("/api/auth/token/", data=form | {name: "wrong"})
        shown.parameter(TOKEN, name, good.status_code, wrong.status_code)
        if name == "grant_type":
            error = shown.failed(TOKEN, wrong, 400)["error"]
            assert (error["code"], error["params"]) == ("unsupported_grant_type", {"field": "grant_type"})
        else:
            assert shown.failed(TOKEN, wrong, 401)["error"]["code"] == "invalid_client"
            assert "www-authenticate" in wrong.headers

    @pytest.mark.parametrize("body", [b"", b"\xff", b"a=" + b"&a=" * 100, b"client_id=%FF"])
    def test_what_is_no_form_is_refused(self, shown: Shown, nobody: httpx.Client, body: bytes) -> None:
        shown.failed(TOKEN, nobody.post("/api/auth/token/", content=body), 400)

    def test_it_is_revoked(
        self, shown: Shown, below: Callable[..., httpx.Client], nobody: httpx.Client, house: House
    ) -> None:
        credentials = Credentials.of(house.key)
        first, second = (access(nobody, house.key) for _ in range(2))

        def revoked(**form: str) -> httpx.Response:
            return nobody.post("/api/auth/revoke-token/", data=form)

        def good(token: str) -> bool:
            return below(BASE, token).get(MEETINGS).status_code == 200

        for name in ("client_id", "client_secret", "token"):
            form = credentials._asdict() | {"token": first}
            shown.failed(REVOKE, revoked(**{key: form[key] for key in form if key != name}), 400)
        for name in ("client_id", "client_secret"):
            wrong = revoked(**credentials._asdict() | {"token": first, name: "wrong"})
            assert shown.failed(REVOKE, wrong, 401)["error"]["code"] == "invalid_client"
            shown.parameter(REVOKE, name, 200, wrong.status_code)
        # Tokens of others and what is no token are none of theirs; that is not told (RFC 7009).
        for form in (
            Credentials.of(house.reader)._asdict() | {"token": first},
            {**credentials._asdict(), "token": "x"},
        ):
            assert revoked(**form).status_code == 200
        assert good(first)
        answer = revoked(**credentials._asdict(), token=first)
        assert (answer.status_code, answer.content) == (200, b"")
        shown.text(REVOKE)
        wait_until(lambda: not good(first), "it is good no more")
        shown.parameter(REVOKE, "token", good(first), good(second))
        assert good(second)
        taken(below(BASE, house.key).get(MEETINGS))

    def test_it_dies_with_its_key(self, hub_server: HubServer, below: Callable[..., httpx.Client]) -> None:
        with hub_server.client() as admin:
            key = taken(admin.post("/v1/keys", json={"organization": "acme-7"}), 201)
            api = below(BASE, access(below(BASE), key["key"]))
            taken(api.get(MEETINGS))
            assert admin.delete(f"/v1/keys/{key['id']}").status_code == 204
        wait_until(lambda: api.get(MEETINGS).status_code == 401, "it is good no more")
