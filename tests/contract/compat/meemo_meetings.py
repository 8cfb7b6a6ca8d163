"""Meetings of meemo, their parts, and topics."""

from typing import Any

import httpx
from contract.api.asking import created, event, found, new, published, sealed, status, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.golden import golden, same
from contract.compat.meemo_stage import ADA, FOREIGN, MEETINGS, PARTS, Own, full_meeting, one, spoken
from contract.compat.published_meemo import (
    LIST,
    MEETING,
    PARTICIPANTS,
    RECORDING,
    ROOT,
    SUMMARY,
    TOPICS,
    TRANSCRIPT,
)


class TestMeeting:
    def test_the_examples(self, shown: Shown, own: Own) -> None:
        house, api = own()
        session = full_meeting(house.native)
        meeting = shown.answer(MEETING, api.get(one(1)))
        assert same(meeting, golden("meemo-meeting")) == []
        page = shown.answer(LIST, api.get(MEETINGS))
        assert same(page, golden("meemo-list")) == []
        native = found(house.native, session["id"])
        for shown_as in (meeting, page["results"][0]):
            assert shown_as["start_time"] == native["started_at"]
            assert shown_as["end_time"] == native["ended_at"]
            assert shown_as["created_at"] == native["created_at"]
        assert meeting["duration_seconds"] == native["duration"]
        examples = golden("meemo-parts")
        parts = {name: shown.answer(PARTS[name], api.get(one(1, f"{name}/"))) for name in examples}
        assert same(parts, examples) == []
        # The host took part: they are the same user.
        assert parts["participants"]["participants"][0]["id"] == meeting["host"]["id"]

    def test_one_of_which_nothing_is_known(self, shown: Shown, own: Own, house: House) -> None:
        with house.hub.client() as operator:
            session = created(operator)
            api = own()[1]
            api.headers["Authorization"] = f"Bearer {house.hub.key}"
            number = session["number"]
            meeting = shown.answer(MEETING, api.get(one(number)))
            assert meeting == {
                "id": number,
                "title": "",
                "start_time": session["created_at"],
                "end_time": None,
                "created_at": session["created_at"],
                "location": "",
                "status": "ongoing",
                "summary_complete": False,
                "host": {"id": meeting["host"]["id"], "name": "Unknown", "email": ""},
                "language": "",
                "keywords": [],
                "participant_count": 0,
                "duration_seconds": None,
                "num_cluster": 0,
                "calendar_event": None,
            }
            of = {"meeting_id": number, "title": ""}
            assert {name: shown.answer(PARTS[name], api.get(one(number, f"{name}/"))) for name in PARTS} == {
                "transcript": of | {"total_segments": 0, "transcripts": []},
                "summary": of | {"summary": None, "notes": "", "keywords": []},
                "participants": of | {"total_participants": 0, "participants": []},
                "recording": of | {"recording_url": None, "duration": 0.0, "format": ""},
            }
            published(operator, session["id"], event("recording.updated", state="recording"))
            recording = shown.answer(RECORDING, api.get(one(number, "recording/")))
            assert recording == of | {"recording_url": None, "duration": 0.0, "format": ""}
            assert operator.delete(f"/v1/sessions/{session['id']}").status_code == 204

    def test_its_status_and_times(self, shown: Shown, own: Own) -> None:
        house, api = own()
        session_id = new(house.native, scheduled_for="2100-01-01T00:00:00Z", starts_at="2100-01-01T00:05:00Z")

        def seen() -> tuple[str, str, bool]:
            meeting = shown.answer(MEETING, api.get(one(1)))
            (listed,) = shown.answer(LIST, api.get(MEETINGS))["results"]
            assert {name: meeting[name] for name in listed if name != "host_name"} == {
                name: value for name, value in listed.items() if name != "host_name"
            }
            assert (meeting["duration_seconds"] is None) == (meeting["end_time"] is None)
            return meeting["status"], meeting["start_time"], meeting["end_time"] is not None

        assert seen() == ("upcoming", "2100-01-01T00:05:00.000Z", False)
        published(house.native, session_id, event("session.updated", starts_at=None))
        assert seen() == ("upcoming", "2100-01-01T00:00:00.000Z", False)
        for name in ("initializing", "joining", "waiting_room"):
            published(house.native, session_id, status(name))
            assert seen() == ("ongoing", "2100-01-01T00:00:00.000Z", False)
        for name, here in (("active", "ongoing"), ("recording", "recording"), ("leaving", "ongoing")):
            published(house.native, session_id, status(name))
            assert seen() == (here, found(house.native, session_id)["started_at"], False)
        published(house.native, session_id, status("completed"))
        assert seen() == ("past", found(house.native, session_id)["started_at"], True)
        sealed(house.native, session_id)
        assert seen()[0] == "past"

    def test_a_failed_one_is_past(self, shown: Shown, own: Own) -> None:
        house, api = own()
        published(house.native, new(house.native), status("failed"))
        meeting = shown.answer(MEETING, api.get(one(1)))
        assert (meeting["status"], meeting["duration_seconds"]) == ("past", None)
        assert meeting["end_time"] is not None

    def test_its_host(self, shown: Shown, own: Own) -> None:
        house, api = own()
        hosts: list[dict[str, Any]] = []
        for said in (
            {},
            {"host": ADA},
            {"user": ADA},
            {"user": {"id": "u-9"}, "host": ADA},
            {"host": {"email": "x@example.com"}},
            {"host": {"id": "77", "last_name": "Roe"}},
            {"host": {}},
        ):
            number = created(house.native, **said)["number"]
            hosts.append(shown.answer(MEETING, api.get(one(number)))["host"])
            assert taken(api.get(MEETINGS))["results"][0]["host_name"] == hosts[-1]["name"]
        assert [(host["name"], host["email"]) for host in hosts] == [
            ("John Doe", "john.doe@example.com"),
            ("Ada Lovelace", "ada@example.com"),
            ("Ada Lovelace", "ada@example.com"),
            ("Ada Lovelace", "ada@example.com"),
            ("x@example.com", "x@example.com"),
            ("Roe", ""),
            ("Unknown", ""),
        ]
        ids = [host["id"] for host in hosts]
        assert ids[1] == ids[2] == ids[3]
        assert len({*ids}) == 5
        # Who had a number before keeps it.
        assert ids[5] == 77

    def test_keywords_of_the_meeting_and_of_its_summary(self, shown: Shown, own: Own) -> None:
        house, api = own()
        for said, summed, of_meeting, of_summary in (
            (["a"], ["b"], ["a"], ["b"]),
            (None, ["b"], ["b"], ["b"]),
            (["a"], [], ["a"], ["a"]),
            (None, [], [], []),
        ):
            session = created(house.native, **({"keywords": said} if said else {}))
            published(house.native, session["id"], event("summary.ready", text="x", keywords=summed))
            number = session["number"]
            assert shown.answer(MEETING, api.get(one(number)))["keywords"] == of_meeting
            assert shown.answer(SUMMARY, api.get(one(number, "summary/")))["keywords"] == of_summary

    def test_a_summary_that_failed_is_none(self, shown: Shown, own: Own) -> None:
        house, api = own()
        session_id = new(house.native, title="x")
        published(house.native, session_id, event("summary.failed", reason="No."))
        assert shown.answer(SUMMARY, api.get(one(1, "summary/")))["summary"] is None
        assert shown.answer(MEETING, api.get(one(1)))["summary_complete"] is False

    def test_each_id_is_another_meeting(self, shown: Shown, own: Own) -> None:
        house, api = own()
        for title in ("First", "Second"):
            new(house.native, title=title)
        for endpoint, part in ((MEETING, ""), *((PARTS[name], f"{name}/") for name in PARTS)):
            first, second = (shown.answer(endpoint, api.get(one(number, part))) for number in (1, 2))
            shown.parameter(endpoint, "id", first, second)

    def test_a_long_transcript_comes_by_time(self, shown: Shown, own: Own) -> None:
        house, api = own()
        session_id = new(house.native, title='A "long" \\ one\n')
        published(house.native, session_id, status("active"))
        said = [
            spoken(
                number,
                f'Line {number}: "ü" \\ \n]}}',
                (number * 7919) % 1500,
                speaker={"name": f'"{number}"'},
            )
            for number in range(1500)
        ]
        for first in range(0, 1500, 500):
            published(house.native, session_id, *said[first : first + 500])
        published(house.native, session_id, event("transcript.retracted", segment_id="s7"))
        answer = api.get(one(1, "transcript/"))
        assert answer.headers["content-type"] == "application/json"
        assert "content-disposition" not in answer.headers
        transcript = shown.answer(TRANSCRIPT, answer)
        kept = [data for number, data in enumerate(one["data"] for one in said) if number != 7]
        assert transcript == {
            "meeting_id": 1,
            "title": 'A "long" \\ one\n',
            "total_segments": 1499,
            "transcripts": [
                {
                    "speaker": data["speaker"]["name"],
                    "text": data["text"],
                    "start_time": data["start"],
                    "end_time": data["end"],
                }
                for data in sorted(kept, key=lambda data: data["start"])
            ],
        }

    def test_more_participants_than_a_native_session_lists(self, shown: Shown, own: Own) -> None:
        house, api = own()
        session_id = new(house.native)
        joined = [
            event("participant.joined", participant_id=f"p{i}", connection_id=f"c{i}", name=f"P {i}")
            for i in range(600)
        ]
        for first in (0, 300):
            published(house.native, session_id, *joined[first : first + 300])
        people = shown.answer(PARTICIPANTS, api.get(one(1, "participants/")))
        assert people["total_participants"] == 600
        assert [who["name"] for who in people["participants"]] == [f"P {i}" for i in range(600)]


class TestTopics:
    def test_all_of_them_by_number(self, shown: Shown, own: Own) -> None:
        house, api = own()
        assert shown.answer(TOPICS, api.get(f"{ROOT}/topics/")) == []
        for said in ({"name": "Sales"}, {"name": "Support", "alias": "sup", "language": "de"}):
            taken(house.native.post("/v1/topics", json=said), 201)
        assert shown.answer(TOPICS, api.get(f"{ROOT}/topics/")) == [
            {"id": 1, "name": "Sales", "alias": "", "language": ""},
            {"id": 2, "name": "Support", "alias": "sup", "language": "de"},
        ]

    def test_more_than_are_read_together(self, own: Own) -> None:
        house, api = own()
        for number in range(501):
            taken(house.native.post("/v1/topics", json={"name": f"T{number}"}), 201)
        assert [topic["id"] for topic in taken(api.get(f"{ROOT}/topics/"))] == list(range(1, 502))

    def test_the_organization(self, shown: Shown, api: httpx.Client, organization: int) -> None:
        good = api.get(f"{ROOT}/topics/", params={"organization_id": organization})
        shown.answer(TOPICS, good)
        foreign = api.get(f"{ROOT}/topics/", params={"organization_id": FOREIGN})
        shown.failed(TOPICS, foreign, 403)
        shown.parameter(TOPICS, "organization_id", good.json(), foreign.json())
        shown.failed(TOPICS, api.get(f"{ROOT}/topics/", params={"organization_id": "x"}), 400)
