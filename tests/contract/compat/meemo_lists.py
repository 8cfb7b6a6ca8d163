"""Lists of meetings of meemo."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from contract.api.asking import new, taken
from contract.compat.conformance import Shown
from contract.compat.meemo_stage import BASE, FOREIGN, MEETINGS, Own, one
from contract.compat.published_meemo import LIST, PARTICIPANTS


def listed(shown: Shown, api: httpx.Client, **query: Any) -> list[str]:
    page = shown.answer(LIST, api.get(MEETINGS, params=query))
    return [one["title"] for one in page["results"]]


class TestList:
    def test_those_that_start_last_come_first(self, shown: Shown, meetings: Any) -> None:
        assert listed(shown, meetings[1]) == ["Weekly PLANNING", "Pitch", "Review"]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"title": "plann"}, ["Weekly PLANNING"]),
            ({"title": "nothing"}, []),
            ({"title": ""}, ["Weekly PLANNING", "Pitch", "Review"]),
            ({"participants": "u-ada"}, ["Weekly PLANNING"]),
            ({"participants": "u-bob, u-cem"}, ["Weekly PLANNING", "Pitch"]),
            ({"participants": "u-nobody"}, []),
            ({"participants": ""}, ["Weekly PLANNING", "Pitch", "Review"]),
            ({"created_after": "2999-01-01"}, []),
            ({"created_before": "2020-01-01"}, []),
            (
                {"created_after": "2020-01-01", "created_before": "2999-01-01"},
                ["Weekly PLANNING", "Pitch", "Review"],
            ),
            ({"summary_complete": "true"}, ["Review"]),
            ({"summary_complete": "false"}, ["Weekly PLANNING", "Pitch"]),
            ({"from_calendar": "true"}, ["Review"]),
            ({"from_calendar": "false"}, ["Weekly PLANNING", "Pitch"]),
            ({"from_calendar": "false", "title": "PITCH", "participants": "u-cem"}, ["Pitch"]),
            ({"unheard": "of"}, ["Weekly PLANNING", "Pitch", "Review"]),
        ],
        ids=str,
    )
    def test_filters(self, shown: Shown, meetings: Any, query: dict[str, str], expected: list[str]) -> None:
        _house, api, _numbers = meetings
        everything = listed(shown, api)
        found = listed(shown, api, **query)
        assert found == expected
        if len(query) == 1 and found != everything:
            ((name, value),) = query.items()
            flagged = name in ("summary_complete", "from_calendar")
            shown.parameter(LIST, f"{name}={value}" if flagged else name, everything, found)

    def test_participants_by_their_numbers(self, shown: Shown, meetings: Any) -> None:
        _house, api, numbers = meetings
        people = shown.answer(PARTICIPANTS, api.get(one(numbers["Weekly PLANNING"], "participants/")))
        ids = [who["id"] for who in people["participants"]]
        assert listed(shown, api, participants=str(ids[0])) == ["Weekly PLANNING"]
        others = shown.answer(PARTICIPANTS, api.get(one(numbers["Pitch"], "participants/")))
        both = f"{ids[1]},{others['participants'][0]['id']}"
        assert listed(shown, api, participants=both) == ["Weekly PLANNING", "Pitch"]
        assert listed(shown, api, participants="12345") == []

    def test_days_are_whole_ones(self, shown: Shown, meetings: Any) -> None:
        house, api, _numbers = meetings
        first, *_rest, last = taken(house.native.get("/v1/sessions?order=asc"))["data"]
        begin, end = first["created_at"][:10], last["created_at"][:10]
        assert len(listed(shown, api, created_after=begin, created_before=end)) == 3
        after = (datetime.fromisoformat(end) + timedelta(days=1)).date().isoformat()
        before = (datetime.fromisoformat(begin) - timedelta(days=1)).date().isoformat()
        assert listed(shown, api, created_after=after) == []
        assert listed(shown, api, created_before=before) == []

    def test_pages(self, shown: Shown, meetings: Any) -> None:
        house, api, _numbers = meetings
        whole = shown.answer(LIST, api.get(MEETINGS))
        assert (whole["count"], whole["next"], whole["previous"]) == (3, None, None)
        first = shown.answer(LIST, api.get(MEETINGS, params={"size": 2, "title": "i", "participants": ""}))
        assert (first["count"], len(first["results"]), first["previous"]) == (3, 2, None)
        url = urlsplit(first["next"])
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{house.hub.url}{BASE}{MEETINGS}"
        assert dict(parse_qsl(url.query)) == {"size": "2", "title": "i", "page": "2"}
        second = shown.answer(LIST, api.get(first["next"]))
        assert first["results"] + second["results"] == whole["results"]
        assert (second["count"], second["next"]) == (3, None)
        assert shown.answer(LIST, api.get(second["previous"])) == first
        shown.parameter(LIST, "size", whole["results"], first["results"])
        shown.parameter(LIST, "page", first["results"], second["results"])
        full = shown.answer(LIST, api.get(MEETINGS, params={"size": 3}))
        assert (len(full["results"]), full["next"]) == (3, None)
        beyond = shown.answer(LIST, api.get(MEETINGS, params={"page": 1_000_000}))
        assert (beyond["count"], beyond["results"], beyond["next"]) == (3, [], None)

    def test_a_page_has_ten(self, shown: Shown, own: Own) -> None:
        house, api = own()
        for _ in range(11):
            new(house.native)
        page = shown.answer(LIST, api.get(MEETINGS))
        assert (page["count"], len(page["results"])) == (11, 10)
        rest = shown.answer(LIST, api.get(page["next"]))
        numbers = [one["id"] for one in page["results"] + rest["results"]]
        assert numbers == list(range(11, 0, -1))

    def test_the_organization(self, shown: Shown, api: httpx.Client, organization: int) -> None:
        good = api.get(MEETINGS, params={"organization_id": organization})
        shown.answer(LIST, good)
        foreign = api.get(MEETINGS, params={"organization_id": FOREIGN})
        error = shown.failed(LIST, foreign, 403)["error"]
        assert error["code"] == "permission_denied"
        assert error["params"] == {"field": "organization_id", "organization_id": organization}
        shown.parameter(LIST, "organization_id", good.json(), foreign.json())

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("organization_id=x", "organization_id"),
            ("organization_id=0", "organization_id"),
            ("organization_id=", "organization_id"),
            ("organization_id=99999999999999999999", "organization_id"),
            ("page=0", "page"),
            ("page=x", "page"),
            ("page=1000001", "page"),
            ("size=0", "size"),
            ("size=201", "size"),
            ("size=1e99", "size"),
            ("title=" + "x" * 257, "title"),
            ("participants=a%20b", "participants"),
            ("participants=a,,b", "participants"),
            ("participants=" + ",".join(f"p{number}" for number in range(21)), "participants"),
            ("created_after=yesterday", "created_after"),
            ("created_before=2026-02-30", "created_before"),
            ("summary_complete=maybe", "summary_complete"),
            ("from_calendar=2", "from_calendar"),
        ],
    )
    def test_a_wrong_parameter_is_named(
        self, shown: Shown, api: httpx.Client, query: str, field: str
    ) -> None:
        error = shown.failed(LIST, api.get(f"{MEETINGS}?{query}"), 400)["error"]
        assert (error["code"], error["params"]["field"]) == ("invalid_parameter", field)
