"""The analytics of meeting_buddy."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from contract.api.asking import event, published, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.meeting_buddy_stage import (
    native_of,
)
from contract.compat.published_meeting_buddy import (
    A_BREAKDOWN,
    A_SUMMARY,
    ACTIVE_ONES,
    GRANULARITIES,
    SOME_DURATIONS,
    SOME_TRENDS,
    STATUSES,
)

PAST, FUTURE = "2020-01-01", "2100-01-01T00:00:00Z"


class TestAnalytics:
    """What many sessions amount to."""

    @pytest.mark.parametrize("endpoint", [A_SUMMARY, SOME_DURATIONS, A_BREAKDOWN, SOME_TRENDS])
    def test_dates_say_which_sessions_count(self, shown: Shown, counted: httpx.Client, endpoint: str) -> None:
        path = endpoint.rpartition("/")[2]

        def asked(**query: str) -> Any:
            return shown.answer(endpoint, counted.get(path, params=query))

        now = datetime.now(UTC)
        before, today = (now - timedelta(hours=6)).isoformat(), now.date().isoformat()
        shown.parameter(endpoint, "end_date", asked(), asked(end_date=PAST))
        soon = (now + timedelta(hours=1)).isoformat()
        late = (now + timedelta(hours=2)).isoformat()
        shown.parameter(endpoint, "start_date", asked(end_date=late), asked(start_date=soon, end_date=late))
        if endpoint != SOME_TRENDS:
            assert asked() == asked(start_date=before) == asked(end_date=late)
            if now.hour < 23:
                assert asked(start_date=today, end_date=today) == asked()
        # In UTC if it does not say.
        late_in_utc = late.removesuffix("+00:00")
        assert asked(end_date=late_in_utc) == asked(end_date=late)
        for wrong in ({"start_date": "soon"}, {"end_date": "2026-13-01"}, {"start_date": FUTURE}):
            answer = counted.get(path, params=wrong)
            details = shown.failed(endpoint, answer, 422)["error"]["details"]
            assert details == {"field": next(iter(wrong))}

    def test_the_summary(self, counted: httpx.Client) -> None:
        found = taken(counted.get("summary"))
        counts = {name: found[name] for name in found if name.endswith("_count")}
        assert counts == {"session_count": 7, "active_count": 5, "completed_count": 1, "failed_count": 1}
        assert 0 < found["total_duration_hours"] < 0.01
        assert abs(found["avg_duration_minutes"] - found["total_duration_hours"] * 60) < 1e-9

    def test_what_is_active(self, shown: Shown, counted: httpx.Client, office: House) -> None:
        found = shown.answer(ACTIVE_ONES, counted.get("active"))
        by_status = {one["status"]: one for one in found}
        assert list(by_status) == ["leaving", "recording", "active", "joining", "initializing"]
        recording, joining = by_status["recording"], by_status["joining"]
        assert (joining["join_timestamp"], joining["duration_so_far_seconds"]) == (None, 0)
        assert recording["duration_so_far_seconds"] > 0
        published(
            office.native,
            native_of(recording["session_id"]),
            event("participant.joined", participant_id="ada", connection_id="1", name="Ada"),
        )
        (again,) = (
            one
            for one in shown.answer(ACTIVE_ONES, counted.get("active"))
            if one["session_id"] == recording["session_id"]
        )
        assert again["current_participants"] == ["Ada"]
        session = taken(counted.get(f"../sessions/{recording['session_id']}"))
        for name in ("meeting_link", "platform", "bot_name", "join_timestamp", "status"):
            assert again[name] == session[name]

    @pytest.mark.parametrize(
        ("granularity", "count", "first"),
        [("day", 31, "2026-01-01"), ("week", 5, "2026-W01"), ("month", 1, "2026-01")],
    )
    def test_trends_by_granularity(
        self, shown: Shown, counted: httpx.Client, granularity: str, count: int, first: str
    ) -> None:
        dates = {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-01-31"}

        def asked(name: str) -> Any:
            return shown.answer(SOME_TRENDS, counted.get("trends", params={"granularity": name, **dates}))

        found = asked(granularity)
        assert (found["granularity"], len(found["data"]), found["data"][0]["period"]) == (
            granularity,
            count,
            first,
        )
        other = next(name for name in GRANULARITIES if name != granularity)
        shown.parameter(SOME_TRENDS, f"granularity={granularity}", asked(other), found)

    def test_trends_are_of_thirty_days_by_day(self, counted: httpx.Client) -> None:
        found = taken(counted.get("trends"))
        assert (found["granularity"], len(found["data"])) == ("day", 31)
        counts = {
            name: sum(one[name] for one in found["data"]) for name in found["data"][0] if name != "period"
        }
        summary = taken(counted.get("summary"))
        assert {name: value for name, value in counts.items() if name.endswith("_count")} == {
            name: summary[name] for name in counts if name.endswith("_count")
        }
        too_many = counted.get("trends", params={"start_date": PAST})
        assert too_many.json()["error"]["details"] == {"field": "start_date"}
        # As far back as there are years.
        first = counted.get("trends", params={"end_date": "0001-01-02"})
        assert [one["period"] for one in taken(first)["data"]] == ["0001-01-01", "0001-01-02"]
        for beyond in ("0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-12:00"):
            assert counted.get("trends", params={"end_date": beyond}).status_code == 422

    def test_durations_and_statuses(self, counted: httpx.Client) -> None:
        durations = taken(counted.get("duration-distribution"))
        assert (durations["total"], [one["count"] for one in durations["buckets"]]) == (
            1,
            [1, 0, 0, 0, 0, 0, 0],
        )
        edges = [(one["min_seconds"], one["max_seconds"]) for one in durations["buckets"]]
        assert all(before[1] == after[0] for before, after in pairwise(edges))
        statuses = taken(counted.get("status-breakdown"))
        assert [(one["label"], one["count"]) for one in statuses["items"]] == [(name, 1) for name in STATUSES]
        assert statuses["total"] == 7
        assert abs(sum(one["percentage"] for one in statuses["items"]) - 100) < 1e-6
