"""New meetings of meemo."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from contract.api.asking import found, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.golden import golden
from contract.compat.meemo_stage import (
    ADA,
    ATTENDEES,
    CALENDAR,
    FOREIGN,
    LINK,
    MEETINGS,
    access,
    one,
    signed_in,
)
from contract.compat.published_meemo import CREATE, MEETING, ROOT
from servers import HubServer

FUTURE = "2100-01-01T09:00:00Z"


class TestCreation:
    @pytest.fixture
    def create(self, shown: Shown, api: httpx.Client, organization: int) -> Callable[..., dict[str, Any]]:
        def make(**said: Any) -> dict[str, Any]:
            body = {"organization_id": organization, "title": "New", **said}
            return shown.answer(CREATE, api.post(MEETINGS, json=body), 201)

        return make

    @pytest.fixture
    def native(self, house: House) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """The session that a new meeting is."""

        def find(meeting: dict[str, Any]) -> dict[str, Any]:
            (session,) = [
                one
                for one in taken(house.native.get("/v1/sessions?limit=200"))["data"]
                if one["number"] == meeting["id"]
            ]
            return found(house.native, session["id"])

        return find

    def test_a_standard_one(self, create: Any, native: Any, api: httpx.Client) -> None:
        meeting = create(title="Weekly")
        session = native(meeting)
        assert meeting == taken(api.get(one(meeting["id"])))
        assert (meeting["title"], meeting["status"], meeting["start_time"]) == (
            "Weekly",
            "ongoing",
            session["created_at"],
        )
        assert meeting["host"]["name"] == "John Doe"
        assert (session["dispatch"], session["meeting_link"], session["file_url"]) == (None, None, None)

    @pytest.mark.parametrize(
        ("said", "start", "state"),
        [
            ({"start_time": "2100-01-01T10:00:00+01:00"}, "2100-01-01T09:00:00.000Z", "upcoming"),
            ({"start_time": "2100-01-01T09:00:00"}, "2100-01-01T09:00:00.000Z", "upcoming"),
            ({"start_time": "2020-01-01T09:00:00Z"}, "2020-01-01T09:00:00.000Z", "ongoing"),
            ({"start_time": FUTURE, "bot_meeting_url": LINK}, "2100-01-01T09:00:00.000Z", "ongoing"),
            (
                {"start_time": FUTURE, "bot_meeting_url": LINK, "bot_join_at": "2100-01-01T08:59:00Z"},
                "2100-01-01T09:00:00.000Z",
                "upcoming",
            ),
            (
                {"calendar_event": {"event_id": "e", "start_time": FUTURE}},
                "2100-01-01T09:00:00.000Z",
                "upcoming",
            ),
            (
                {
                    "start_time": FUTURE,
                    "calendar_event": {"event_id": "e", "start_time": "2100-01-02T00:00:00Z"},
                },
                "2100-01-01T09:00:00.000Z",
                "upcoming",
            ),
        ],
        ids=str,
    )
    def test_when_it_starts(
        self, shown: Shown, create: Any, said: dict[str, Any], start: str, state: str
    ) -> None:
        meeting = create(**said)
        assert (meeting["start_time"], meeting["status"]) == (start, state)
        if "start_time" in said:
            shown.parameter(CREATE, "start_time", create()["start_time"], meeting["start_time"])

    def test_with_a_bot(self, shown: Shown, create: Any, native: Any) -> None:
        before = native(create())
        session = native(create(bot_meeting_url=LINK))
        assert (session["meeting_link"], session["platform"], session["status"]) == (
            LINK,
            "google_meet",
            "initializing",
        )
        assert session["dispatch"] is not None
        shown.parameter(CREATE, "bot_meeting_url", before["meeting_link"], session["meeting_link"])
        later = native(create(bot_meeting_url=LINK, bot_join_at=FUTURE))
        assert (later["status"], later["scheduled_for"]) == ("scheduled", "2100-01-01T09:00:00.000Z")
        shown.parameter(CREATE, "bot_join_at", session["scheduled_for"], later["scheduled_for"])

    def test_of_a_file(self, shown: Shown, create: Any, native: Any) -> None:
        url = "https://files.example/talk.mp4?secret=1"
        meeting = create(file_url=url, start_time="2020-01-01T09:00:00Z")
        session = native(meeting)
        assert session["file_url"] == "https://files.example/talk.mp4"
        assert meeting["start_time"] == "2020-01-01T09:00:00.000Z"
        shown.parameter(CREATE, "file_url", native(create())["file_url"], session["file_url"])

    def test_for_a_user(
        self,
        shown: Shown,
        hub_server: HubServer,
        house: House,
        nobody: httpx.Client,
        create: Any,
        native: Any,
    ) -> None:
        with hub_server.client() as admin:
            body = {"organization": house.organization, "user": ADA, "scopes": ["subscribe"]}
            key = taken(admin.post("/v1/keys", json=body), 201)["key"]
        usual = create()["host"]
        for token in (key, access(nobody, key)):
            meeting = create(user_token=token)
            assert (meeting["host"]["name"], meeting["host"]["email"]) == ("Ada Lovelace", "ada@example.com")
            session = native(meeting)
            assert session["user"] == ADA
            assert token.split("_")[2] not in str(session) + str(meeting)
        shown.parameter(CREATE, "user_token", usual, meeting["host"])

    def test_of_a_topic(self, shown: Shown, house: House, create: Any, native: Any) -> None:
        topic = taken(house.native.post("/v1/topics", json={"name": "Sales"}), 201)
        session = native(create(topic_id=topic["number"]))
        assert session["topic_id"] == topic["id"]
        shown.parameter(CREATE, "topic_id", native(create())["topic_id"], session["topic_id"])

    def test_what_else_is_said(self, shown: Shown, create: Any, native: Any) -> None:
        usual = native(create())
        for name, value, natively in (
            ("title", "Weekly", "title"),
            ("participants", ["ann@example.com", "bob@example.com"], "invited_emails"),
            ("speaker_count", 3, "speaker_count"),
        ):
            session = native(create(**{name: value}))
            assert session[natively] == value
            shown.parameter(CREATE, name, usual[natively], session[natively])

    def test_with_a_calendar_event(self, shown: Shown, api: httpx.Client, create: Any, native: Any) -> None:
        event_ = {
            "event_id": "cal-7",
            "summary": "Weekly planning",
            "organizer_email": "grace@example.com",
            "attendees": [
                {"email": "bob@example.com", "display_name": "Bob", "response_status": "accepted"},
                {"email": "cem@example.com", "display_name": None},
            ],
            "meeting_link": LINK,
            "start_time": "2026-01-05T09:00:00Z",
            "end_time": "2026-01-05T11:00:00+01:00",
            "description": "<p>What else a calendar says</p>",
        }
        meeting = create(calendar_event=event_)
        session = native(meeting)
        assert session["calendar_event"] == CALENDAR
        assert [one["email"] for one in session["attendees"]] == [one["email"] for one in ATTENDEES]
        assert meeting["calendar_event"] == golden("meemo-meeting")["calendar_event"]
        usual = create(calendar_event={"event_id": "other"})["calendar_event"]
        assert usual == {
            "event_id": "other",
            "summary": None,
            "organizer_email": None,
            "attendees": [],
            "meeting_link": None,
            "start_time": None,
            "end_time": None,
        }
        for name, value in event_.items():
            if name not in ("attendees", "description"):
                said = create(calendar_event={"event_id": "other"} | {name: value})["calendar_event"]
                assert {key for key in said if said[key] != usual[key]} == {name}
                shown.parameter(CREATE, f"calendar_event.{name}", usual[name], said[name])
        plain = create(calendar_event={"event_id": "e", "attendees": [{"email": "x@example.com"}]})
        assert shown.answer(MEETING, api.get(one(plain["id"]))) == plain
        (before,) = plain["calendar_event"]["attendees"]
        for name, value in event_["attendees"][0].items():
            attendee = {"email": "x@example.com", name: value}
            (after,) = create(calendar_event={"event_id": "e", "attendees": [attendee]})["calendar_event"][
                "attendees"
            ]
            shown.parameter(CREATE, f"calendar_event.attendees[].{name}", before[name], after[name])

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"organization_id": "7"}, "organization_id"),
            ({"organization_id": 0}, "organization_id"),
            ({"organization_id": None}, "organization_id"),
            ({"title": ""}, "title"),
            ({"title": "x" * 257}, "title"),
            ({"title": None}, "title"),
            ({"start_time": "tomorrow"}, "start_time"),
            ({"start_time": "9999-12-31T23:59:59-10:00"}, "start_time"),
            ({"user_token": "sk_nobody_nothing"}, "user_token"),
            ({"user_token": ""}, "user_token"),
            ({"topic_id": 999}, "topic_id"),
            ({"topic_id": "1"}, "topic_id"),
            ({"participants": "ann@example.com"}, "participants"),
            ({"participants": [""]}, "participants[0]"),
            ({"participants": ["x" * 300] * 30}, "participants"),
            ({"bot_meeting_url": "http://example.com/"}, "bot_meeting_url"),
            ({"bot_meeting_url": "https://:80/"}, "bot_meeting_url"),
            ({"bot_meeting_url": "meet"}, "bot_meeting_url"),
            ({"file_url": "http://example.com/a.mp4"}, "file_url"),
            ({"file_url": "https://u:p@example.com/a.mp4"}, "file_url"),
            ({"file_url": "https://example.com/a.mp4", "bot_meeting_url": LINK}, "file_url"),
            ({"bot_join_at": "2020-01-01T00:00:00Z", "bot_meeting_url": LINK}, "bot_join_at"),
            ({"bot_join_at": FUTURE}, "bot_join_at"),
            ({"bot_join_at": FUTURE, "file_url": "https://example.com/a.mp4"}, "bot_join_at"),
            ({"speaker_count": 0}, "speaker_count"),
            ({"speaker_count": 1.5}, "speaker_count"),
            ({"calendar_event": {}}, "calendar_event"),
            ({"calendar_event": {"event_id": "a b"}}, "calendar_event.event_id"),
            (
                {"calendar_event": {"event_id": "e", "end_time": "9999-12-31T23:59:59-10:00"}},
                "calendar_event.end_time",
            ),
            (
                {"calendar_event": {"event_id": "e", "attendees": [{"email": "x" * 300}] * 200}},
                "calendar_event.attendees",
            ),
            ({"calendar_event": {"event_id": "e", "meeting_link": "x"}}, "calendar_event.meeting_link"),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_what_is_wrong_is_named(
        self, shown: Shown, api: httpx.Client, organization: int, said: dict[str, Any], field: str
    ) -> None:
        before = taken(api.get(MEETINGS))["count"]
        body = {"organization_id": organization, "title": "New", **said}
        error = shown.failed(CREATE, api.post(MEETINGS, json=body), 400)["error"]
        assert (error["code"], error["params"]["field"]) == ("invalid_field", field)
        assert taken(api.get(MEETINGS))["count"] == before

    def test_a_bot_may_not_come_a_moment_ago(
        self, shown: Shown, api: httpx.Client, organization: int
    ) -> None:
        ago = (datetime.now(UTC) - timedelta(seconds=5)).isoformat()
        body = {"organization_id": organization, "title": "x", "bot_meeting_url": LINK, "bot_join_at": ago}
        shown.failed(CREATE, api.post(MEETINGS, json=body), 400)

    def test_tokens_that_are_nobodys(
        self,
        shown: Shown,
        api: httpx.Client,
        organization: int,
        house: House,
        other: House,
        hub_server: HubServer,
    ) -> None:
        stream = taken(house.native.post("/v1/tokens", json={}), 201)["token"]
        refusals: list[dict[str, Any]] = []
        for token in (other.key, hub_server.make_key(house.organization), stream, "sk_nobody_nothing"):
            body = {"organization_id": organization, "title": "x", "user_token": token}
            refusals.append(shown.failed(CREATE, api.post(MEETINGS, json=body), 400))
            assert token not in str(refusals[-1])
        for refusal in refusals:
            del refusal["error"]["request_id"]
        assert all(refusal == refusals[0] for refusal in refusals)

    def test_of_another_organization(
        self,
        shown: Shown,
        api: httpx.Client,
        organization: int,
        other: House,
        below: Callable[..., httpx.Client],
    ) -> None:
        (theirs,) = taken(signed_in(below, other).get(f"{ROOT}/webhooks/available-organizations/"))
        refusals: list[Any] = []
        for foreign in (theirs["id"], FOREIGN):
            body = {"organization_id": foreign, "title": "x"}
            refusals.append(shown.failed(CREATE, api.post(MEETINGS, json=body), 403)["error"]["params"])
        assert refusals[0] == refusals[1] == {"field": "organization_id", "organization_id": organization}
        shown.parameter(CREATE, "organization_id", 201, 403)
        assert taken(other.native.get("/v1/sessions"))["count"] == 0

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"title": "x"}'])
    def test_what_is_no_meeting_is_refused(self, shown: Shown, api: httpx.Client, body: bytes) -> None:
        shown.failed(CREATE, api.post(MEETINGS, content=body), 400)
