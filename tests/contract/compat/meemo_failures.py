"""What meemo refuses."""

from collections.abc import Callable

import httpx
import pytest
from contract.api.asking import new, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.golden import golden, same
from contract.compat.meemo_stage import BASE, MEETINGS, PARTS, Own, access, one, signed_in
from contract.compat.published_meemo import CREATE, LIST, MEETING, ORGANIZATIONS, ROOT, TOPICS


class TestFailures:
    READS = ((MEETING, one(1)), *((PARTS[name], one(1, f"{name}/")) for name in PARTS))
    ALL = (
        *READS,
        (LIST, MEETINGS),
        (TOPICS, f"{ROOT}/topics/"),
        (ORGANIZATIONS, f"{ROOT}/webhooks/available-organizations/"),
    )

    def test_the_examples(self, shown: Shown, api: httpx.Client, nobody: httpx.Client) -> None:
        answers = {
            "400": shown.failed(LIST, api.get(f"{MEETINGS}?page=0"), 400),
            "401": shown.failed(LIST, nobody.get(MEETINGS), 401),
            "404": shown.failed(MEETING, api.get(one(999_999)), 404),
        }
        assert same(answers, golden("meemo-failures")) == []

    def test_without_a_token_or_with_a_wrong_one(
        self, shown: Shown, below: Callable[..., httpx.Client], house: House, organization: int
    ) -> None:
        token = access(below(BASE), house.key)
        for wrong in (None, token[:-1], "at_nobody_nothing", "nonsense"):
            api = below(BASE, wrong)
            for endpoint, path in self.ALL:
                answer = api.get(path)
                code = shown.failed(endpoint, answer, 401)["error"]["code"]
                assert code == ("missing_credential" if wrong is None else "invalid_credential")
                assert answer.headers["www-authenticate"] == "Bearer"
            body = {"organization_id": organization, "title": "x"}
            shown.failed(CREATE, api.post(MEETINGS, json=body), 401)

    def test_with_a_token_that_may_not(
        self, shown: Shown, below: Callable[..., httpx.Client], house: House, organization: int
    ) -> None:
        publisher, reader = (signed_in(below, house, key) for key in (house.publisher, house.reader))
        for endpoint, path in self.ALL:
            assert shown.failed(endpoint, publisher.get(path), 403)["error"]["code"] == "missing_scope"
        body = {"organization_id": organization, "title": "x"}
        assert taken(reader.get(MEETINGS))["count"] >= 0
        assert shown.failed(CREATE, reader.post(MEETINGS, json=body), 403)["error"]["code"] == "missing_scope"

    @pytest.mark.parametrize("number", ["999999", "0", "x", "-1", "1.0", "9" * 40, "%C2%B2", "ses_1", "01x"])
    def test_a_meeting_that_there_is_not(self, shown: Shown, api: httpx.Client, number: str) -> None:
        for endpoint, part in ((MEETING, ""), *((PARTS[name], f"{name}/") for name in PARTS)):
            error = shown.failed(endpoint, api.get(f"{MEETINGS}{number}/{part}"), 404)["error"]
            assert (error["code"], error["message"]) == ("session_not_found", "Meeting not found.")

    def test_a_foreign_meeting_is_none(self, shown: Shown, own: Own) -> None:
        (_house, api), (other, theirs) = own(), own()
        new(other.native, title="secret")
        taken(theirs.get(one(1)))
        for endpoint, path in self.READS:
            hidden, missing = api.get(path), api.get(path.replace("/1/", "/2/"))
            for answer in (hidden, missing):
                shown.failed(endpoint, answer, 404)
            assert {**hidden.json()["error"], "request_id": ""} == {
                **missing.json()["error"],
                "request_id": "",
            }
        assert shown.answer(LIST, api.get(MEETINGS))["count"] == 0

    def test_a_deleted_meeting_is_gone(self, shown: Shown, own: Own) -> None:
        house, api = own()
        session_id = new(house.native)
        taken(api.get(one(1)))
        assert house.native.delete(f"/v1/sessions/{session_id}").status_code == 204
        for endpoint, path in self.READS:
            shown.failed(endpoint, api.get(path), 404)

    @pytest.mark.parametrize(
        "path", [MEETINGS[:-1], one(1)[:-1], one(1, "summary"), f"{ROOT}/topics", "/api/auth/token"]
    )
    def test_the_slash_at_the_end_belongs_to_it(self, api: httpx.Client, path: str) -> None:
        for method in ("GET", "POST"):
            assert taken(api.request(method, path), 404)["error"]["code"] == "route_not_found"
