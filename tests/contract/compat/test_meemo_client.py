"""meemo by its official client library, as it is: both ways, all methods, every parameter, every failure."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import event, found, new, published, status, taken
from contract.bots.playing import claim
from contract.compat.conftest import House
from contract.compat.meemo_stage import ADA, BASE, CALENDAR, LINK, Credentials, full_meeting, spoken
from file_server import Authority, Reply, file_server
from meemo import AsyncMeemoClient, MeemoClient, models
from servers import HubServer, RedisServer, wait_until

FUTURE = "2100-01-01T09:00:00Z"
WRONG = {"Authorization": "Bearer at_nobody_nothing"}


class Sdk:
    """A client of one of both ways, called in the same way."""

    def __init__(self, way: str, hub: HubServer, key: str) -> None:
        kind = {"sync": MeemoClient, "async": AsyncMeemoClient}[way]
        self._client = kind(*Credentials.of(key), base_url=hub.url + BASE, timeout=20)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """A method of the client, or of what it has of meetings and webhooks."""
        parts = (self._client, self._client.meetings, self._client.webhooks)
        method = next(getattr(part, name) for part in parts if hasattr(part, name))

        def call(*arguments: Any, **named: Any) -> Any:
            given = method(*arguments, **named)
            return asyncio.run(_awaited(given)) if inspect.isawaitable(given) else given

        return call

    @property
    def organization(self) -> int:
        (one,) = self.list_available_organizations()
        return one.id

    def create(self, **said: Any) -> models.MeetingDetail:
        return self.create_meeting(organization_id=self.organization, **{"title": "New", **said})


async def _awaited(given: Any) -> Any:
    return await given


def refused(call: Callable[[], Any], code: int) -> Any:
    """What a call failed with, in the library's own way; the body of the answer."""
    with pytest.raises(httpx.HTTPStatusError) as failure:
        call()
    assert failure.value.response.status_code == code, failure.value.response.text
    return failure.value.response.json()


Own = Callable[[], tuple[House, Sdk]]
"""Makes an organization that nothing is in yet, with a client."""


@pytest.fixture(scope="module", params=["sync", "async"])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def own(way: str, house_of: Callable[[], House]) -> Own:
    def make() -> tuple[House, Sdk]:
        house = house_of()
        return house, Sdk(way, house.hub, house.key)

    return make


@pytest.fixture(scope="module")
def full(own: Own) -> tuple[House, Sdk, int]:
    """With a meeting of which everything is known, and its number."""
    house, sdk = own()
    return house, sdk, full_meeting(house.native)["number"]


def test_every_method_reads_what_there_is(full: tuple[House, Sdk, int]) -> None:
    house, sdk, number = full
    session = found(house.native, taken(house.native.get("/v1/sessions"))["data"][0]["id"])
    meeting = sdk.get_meeting(number)
    assert isinstance(meeting, models.MeetingDetail)
    assert (meeting.id, meeting.title, meeting.status) == (
        number,
        "Weekly planning",
        models.MeetingStatus.PAST,
    )
    assert (meeting.start_time, meeting.end_time) == (session["started_at"], session["ended_at"])
    assert (meeting.host.name, meeting.host.email) == ("Ada Lovelace", "ada@example.com")
    assert (meeting.location, meeting.language, meeting.keywords) == ("Room 4.12", "en", ["plan", "launch"])
    assert (meeting.participant_count, meeting.num_cluster) == (2, 3)
    assert meeting.duration_seconds == session["duration"]
    assert meeting.calendar_event is not None
    assert meeting.calendar_event.event_id == CALENDAR["id"]
    assert [one.display_name for one in meeting.calendar_event.attendees] == ["Bob", None]
    page = sdk.list_meetings()
    assert (page.count, page.next, page.previous) == (1, None, None)
    (item,) = page.results
    assert (item.id, item.host_name, item.summary_complete) == (number, "Ada Lovelace", True)
    assert item.calendar_event == meeting.calendar_event
    transcript = sdk.get_transcript(number)
    assert (transcript.meeting_id, transcript.title, transcript.total_segments) == (number, meeting.title, 2)
    assert [(one.speaker, one.text, one.start_time, one.end_time) for one in transcript.transcripts] == [
        ("Unknown", "Hello?", 1.5, 2.75),
        ("Ada Lovelace", "Good morning.", 3.5, 4.75),
    ]
    summary = sdk.get_summary(number)
    assert (summary.summary, summary.notes, summary.keywords) == ("# All well", "- ask Bob", ["bob"])
    people = sdk.get_participants(number)
    assert people.total_participants == 2
    ada, guest = people.participants
    assert (ada.id, ada.email, ada.position, ada.department) == (
        meeting.host.id,
        "ada@example.com",
        "Engineer",
        "Research",
    )
    assert (guest.id, guest.name, guest.email) == (None, "Guest", None)
    recording = sdk.get_recording(number)
    assert (recording.recording_url, recording.duration, recording.format) == (
        "https://example.com/r.mp4",
        61.5,
        "mp4",
    )
    assert sdk.list_topics() == []
    topic = taken(house.native.post("/v1/topics", json={"name": "Sales", "language": "de"}), 201)
    assert sdk.list_topics() == [models.Topic(id=topic["number"], name="Sales", alias="", language="de")]


def test_a_meeting_that_is_not_over_and_of_which_little_is_known(
    own: Own,
) -> None:
    house, sdk = own()
    new(house.native)
    meeting = sdk.get_meeting(1)
    assert (meeting.status, meeting.end_time, meeting.duration_seconds) == ("ongoing", None, None)
    assert (meeting.title, meeting.location, meeting.calendar_event) == ("", "", None)
    assert sdk.get_transcript(1).transcripts == []
    assert sdk.get_summary(1).summary is None
    assert sdk.get_participants(1).participants == []
    assert sdk.get_recording(1).recording_url is None
    assert sdk.list_meetings().results[0].end_time is None


def test_each_parameter_of_the_list(own: Own) -> None:
    house, sdk = own()
    full_meeting(house.native)
    new(house.native, title="Review")
    new(house.native, title="Later", starts_at=FUTURE)
    today = date.fromisoformat(taken(house.native.get("/v1/sessions"))["data"][0]["created_at"][:10])
    day = timedelta(days=1)

    def titles(**query: Any) -> list[str]:
        return [one.title for one in sdk.list_meetings(**query).results]

    everything = ["Later", "Review", "Weekly planning"]
    assert titles() == everything
    ada = sdk.get_participants(1).participants[0].id
    for query, expected in (
        ({"title": "REV"}, ["Review"]),
        ({"participants": f"{ada}"}, ["Weekly planning"]),
        ({"participants": "u-nobody,u-ada"}, ["Weekly planning"]),
        ({"created_after": f"{today + 2 * day}"}, []),
        ({"created_before": f"{today - 2 * day}"}, []),
        ({"summary_complete": True}, ["Weekly planning"]),
        ({"summary_complete": False}, ["Later", "Review"]),
        ({"from_calendar": True}, ["Weekly planning"]),
        ({"from_calendar": False}, ["Later", "Review"]),
        ({"size": 1}, ["Later"]),
        ({"size": 1, "page": 2}, ["Review"]),
        ({"size": 2, "page": 2}, ["Weekly planning"]),
        ({"summary_complete": False, "title": "later"}, ["Later"]),
    ):
        assert titles(**query) == expected, query
    assert titles(organization_id=sdk.organization) == everything
    assert titles(created_after=f"{today}", created_before=f"{today + day}") == everything
    refused(lambda: titles(organization_id=7), 403)
    refused(lambda: titles(extra_headers=WRONG), 401)
    page = sdk.list_meetings(size=2, title="e")
    assert page.count == 3
    following = httpx.get(page.next, headers={"Authorization": f"Bearer {sdk.get_access_token()}"})
    assert models.MeetingListResponse(**following.json()).results[0].title == "Weekly planning"


def test_topics_of_an_organization(own: Own) -> None:
    house, sdk = own()
    taken(house.native.post("/v1/topics", json={"name": "Sales"}), 201)
    assert len(sdk.list_topics(organization_id=sdk.organization)) == 1
    assert refused(lambda: sdk.list_topics(organization_id=7), 403)["error"]["code"] == "permission_denied"


def test_each_parameter_of_a_new_meeting(own: Own) -> None:
    house, sdk = own()
    topic = taken(house.native.post("/v1/topics", json={"name": "Sales"}), 201)
    with house.hub.client() as admin:
        body = {"organization": house.organization, "user": ADA}
        token = taken(admin.post("/v1/keys", json=body), 201)["key"]

    def made(**said: Any) -> tuple[models.MeetingDetail, dict[str, Any]]:
        meeting = sdk.create(**said)
        # A file that cannot be had may be past at once.
        assert sdk.get_meeting(meeting.id) == meeting or "file_url" in said
        newest = taken(house.native.get("/v1/sessions?limit=1"))["data"][0]
        assert newest["number"] == meeting.id
        return meeting, found(house.native, newest["id"])

    plain, natively = made()
    assert (plain.title, plain.status, natively["title"]) == ("New", "ongoing", "New")
    for said, name, value in (
        ({"title": "Weekly"}, "title", "Weekly"),
        ({"start_time": FUTURE}, "starts_at", "2100-01-01T09:00:00.000Z"),
        ({"user_token": token}, "user", ADA),
        ({"topic_id": topic["number"]}, "topic_id", topic["id"]),
        ({"participants": ["ann@example.com"]}, "invited_emails", ["ann@example.com"]),
        ({"bot_meeting_url": LINK}, "meeting_link", LINK),
        ({"bot_meeting_url": LINK, "bot_join_at": FUTURE}, "scheduled_for", "2100-01-01T09:00:00.000Z"),
        ({"file_url": "https://files.example/a.vtt"}, "file_url", "https://files.example/a.vtt"),
        ({"speaker_count": 3}, "speaker_count", 3),
    ):
        meeting, session = made(**said)
        assert natively[name] != session[name] == value, name
    assert (meeting.title, meeting.status) == ("New", "ongoing")
    bob = models.CalendarAttendee(email="bob@example.com", display_name="Bob", response_status="accepted")
    snapshot = models.CreateMeetingCalendarEvent(
        event_id="cal-7",
        summary="Weekly planning",
        organizer_email="grace@example.com",
        attendees=[bob],
        meeting_link=LINK,
        start_time=CALENDAR["starts_at"],
        end_time=CALENDAR["ends_at"],
    )
    for given in (snapshot, snapshot.model_dump(exclude_none=True)):
        meeting, session = made(calendar_event=given, bot_meeting_url=LINK)
        assert session["calendar_event"] == CALENDAR
        assert meeting.calendar_event is not None
        assert meeting.calendar_event.model_dump() == snapshot.model_dump()
    assert refused(lambda: sdk.create(extra_headers=WRONG), 401)["error"]["code"] == "invalid_credential"


def test_every_failure_is_the_librarys_own(own: Own, way: str, house: House) -> None:
    _house, sdk = own()
    for refusal, status_, code in (
        (lambda: sdk.list_meetings(page=0), 400, "invalid_parameter"),
        (lambda: sdk.list_meetings(created_after="soon"), 400, "invalid_parameter"),
        (lambda: sdk.create(bot_meeting_url=LINK, bot_join_at="2020-01-01T00:00:00Z"), 400, "invalid_field"),
        (lambda: sdk.create(topic_id=999), 400, "invalid_field"),
        (lambda: sdk.create(user_token="sk_nobody_nothing"), 400, "invalid_field"),
        (lambda: sdk.create(title=""), 400, "invalid_field"),
        (lambda: sdk.create_meeting(organization_id=7, title="x"), 403, "permission_denied"),
        (lambda: sdk.get_meeting(999), 404, "session_not_found"),
        (lambda: sdk.get_transcript(999), 404, "session_not_found"),
        (lambda: sdk.get_summary(999), 404, "session_not_found"),
        (lambda: sdk.get_participants(999), 404, "session_not_found"),
        (lambda: sdk.get_recording(999), 404, "session_not_found"),
    ):
        body = refused(refusal, status_)
        assert body["error"]["code"] == code
        assert body["detail"] == body["error"]["message"]
    publisher, reader = (Sdk(way, house.hub, key) for key in (house.publisher, house.reader))
    assert refused(publisher.list_meetings, 403)["error"]["code"] == "missing_scope"
    assert refused(reader.create, 403)["error"]["code"] == "missing_scope"
    stranger = Sdk(way, house.hub, f"sk_nobody_{'0' * 48}")
    assert refused(stranger.list_meetings, 401)["error"]["code"] == "invalid_client"


def test_while_the_store_is_away(own_hub: HubServer, own_redis: RedisServer, way: str) -> None:
    key = own_hub.make_key("acme")
    sdk, late = Sdk(way, own_hub, key), Sdk(way, own_hub, key)
    assert sdk.list_meetings().count == 0
    own_redis.kill()
    for call in (sdk.list_meetings, lambda: sdk.get_meeting(1), sdk.list_topics, late.get_access_token):
        assert refused(call, 503)["error"]["code"] == "store_unavailable"


@pytest.mark.parametrize("part", ["meeting", "transcript", "summary", "participants", "recording"])
def test_headers_of_ones_own_go_along(full: tuple[House, Sdk, int], part: str) -> None:
    _house, sdk, number = full
    get = getattr(sdk, f"get_{part}")
    get(number, extra_headers={"X-Unheard": "of"})
    assert refused(lambda: get(number, extra_headers=WRONG), 401)["error"]["code"] == "invalid_credential"


def test_a_token_is_kept_until_it_is_revoked(own: Own, way: str) -> None:
    house, sdk = own()
    other = Sdk(way, house.hub, house.key)
    token = sdk.get_access_token()
    assert token == sdk.get_access_token() != other.get_access_token()
    sdk.revoke_token()

    def gone() -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            other.list_meetings(extra_headers=headers)
        except httpx.HTTPStatusError as error:
            return error.response.status_code == 401
        return False

    wait_until(gone, "it is good no more")
    assert sdk.get_access_token() != token
    assert sdk.list_meetings().count == other.list_meetings().count == 0


def test_a_meeting_with_a_bot_from_its_begin_to_its_end(own: Own) -> None:
    house, sdk = own()
    number = sdk.create(title="Weekly", bot_meeting_url=LINK).id
    assert sdk.get_meeting(number).status == "ongoing"
    given = claim(house.native)
    assert given is not None
    session_id = given["session"]["id"]
    assert (given["session"]["number"], given["session"]["meeting_link"]) == (number, LINK)
    for name, here in (
        ("joining", "ongoing"),
        ("waiting_room", "ongoing"),
        ("active", "ongoing"),
        ("recording", "recording"),
    ):
        published(house.native, session_id, status(name))
        assert sdk.get_meeting(number).status == here
    joined = {"participant_id": "ann", "connection_id": "c", "name": "Ann"}
    for at in range(3):
        published(house.native, session_id, spoken(at, f"Line {at}", at * 2.0, speaker={"name": "Ann"}))
        assert sdk.get_transcript(number).total_segments == at + 1
    published(house.native, session_id, event("participant.joined", **joined))
    assert sdk.get_participants(number).total_participants == 1
    published(house.native, session_id, event("summary.ready", text="# Done"))
    published(house.native, session_id, status("completed"))
    meeting = sdk.get_meeting(number)
    assert (meeting.status, meeting.summary_complete, meeting.participant_count) == ("past", True, 1)
    assert sdk.get_summary(number).summary == "# Done"


@pytest.fixture(scope="module")
def importing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HubServer, Authority]]:
    """A hub that may fetch from the loopback, on a Redis of its own."""
    authority = Authority(Path(tmp_path_factory.mktemp("authority")))
    store = RedisServer(tmp_path_factory.mktemp("redis"))
    store.start()
    settings = {"HUB_FETCH_ALLOW": "127.0.0.1", "SSL_CERT_FILE": str(authority.file)}
    with HubServer(tmp_path_factory.mktemp("hub"), store, settings) as server:
        yield server, authority
    store.close()


def test_a_meeting_from_a_file(importing: tuple[HubServer, Authority], way: str) -> None:
    hub, authority = importing
    sdk = Sdk(way, hub, hub.make_key("acme"))
    with file_server(authority.context()) as files:
        vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann Lee>Hello\n\n00:02.000 --> 00:04.500\n<v Bo>Hi\n"
        files.files["/meeting.vtt"] = Reply(vtt.encode())
        number = sdk.create(title="Imported", file_url=files.url()).id
        wait_until(lambda: sdk.get_meeting(number).status == "past", "it is imported")
    transcript = sdk.get_transcript(number)
    assert [(one.speaker, one.text) for one in transcript.transcripts] == [("Ann Lee", "Hello"), ("Bo", "Hi")]
    assert [one.name for one in sdk.get_participants(number).participants] == ["Ann Lee", "Bo"]
    assert sdk.get_meeting(number).duration_seconds == 4.5
