"""The parts of a session, each by itself: participants, chat, log, entries, chapters, recording."""

import csv
import io
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, event, found, head, history, new, published, refused, status, taken
from contract.api.test_transcript_reads import pages

from hub.api.cursors import cursor

PARTS = ["participants", "participants/ada", "peers/c1", "chat", "logs", "events", "chapters", "recording"]


def joined(name: str, connection: str = "c1", **more: Any) -> dict[str, Any]:
    data = {"participant_id": name.lower(), "connection_id": f"{name.lower()}-{connection}", "name": name}
    return event("participant.joined", **data, **more)


def left(name: str, connection: str = "c1") -> dict[str, Any]:
    data = {"participant_id": name.lower(), "connection_id": f"{name.lower()}-{connection}"}
    return event("participant.left", **data)


def names(people: list[dict[str, Any]]) -> list[str]:
    return [who["name"] for who in people]


@pytest.mark.parametrize("part", PARTS)
def test_of_no_session(api: httpx.Client, part: str) -> None:
    for session_id in (NOBODY, "no id!"):
        refused(api.get(f"/v1/sessions/{session_id}/{part}"), "session_not_found")


@pytest.mark.parametrize("part", PARTS)
def test_in_no_other_form(api: httpx.Client, part: str) -> None:
    answer = api.get(f"/v1/sessions/{new(api)}/{part}", headers={"Accept": "image/png"})
    refused(answer, "not_acceptable", field="Accept")


@pytest.mark.parametrize(
    ("part", "params", "field"),
    [
        ("participants", {"sort": "age"}, "sort"),
        ("participants", {"order": "up"}, "order"),
        ("participants", {"live": "maybe"}, "live"),
        ("participants", {"limit": "501"}, "limit"),
        ("participants", {"cursor": "x"}, "cursor"),
        ("participants", {"page": "1"}, "page"),
        ("participants/ada", {"x": "1"}, "x"),
        ("peers/c1", {"x": "1"}, "x"),
        ("chat", {"format": "vtt"}, "format"),
        ("chat", {"format": "csv", "limit": "5"}, "limit"),
        ("chat", {"spreadsheet": "true"}, "spreadsheet"),
        ("chat", {"cursor": "WzEsMl0"}, "cursor"),
        ("logs", {"level": "loud"}, "level"),
        ("logs", {"from": "yesterday"}, "from"),
        ("logs", {"to": "2026-01-01T00:00:00"}, "to"),
        ("logs", {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "to"),
        ("logs", {"order": "up"}, "order"),
        ("logs", {"cursor": "WyJsb2dzIGFzYyIsIngiXQ"}, "cursor"),
        ("logs", {"order": "desc", "cursor": cursor("logs desc", "0-0")}, "cursor"),
        ("chat", {"cursor": cursor("chat ", -1)}, "cursor"),
        ("events", {"after": "x"}, "after"),
        ("events", {"channels": "gossip"}, "channels"),
        ("events", {"limit": "-1"}, "limit"),
        ("events", {"cursor": "0-0"}, "cursor"),
        ("logs", {"cursor": cursor("logs desc", "0-0"), "order": "desc"}, "cursor"),
        ("transcript", {"cursor": cursor("transcript", -(2**63))}, "cursor"),
        ("transcript", {"cursor": cursor("transcript", 2**64)}, "cursor"),
        ("chapters", {"x": "1"}, "x"),
        ("recording", {"x": "1"}, "x"),
    ],
    ids=str,
)
def test_wrong_parameters(api: httpx.Client, part: str, params: dict[str, str], field: str) -> None:
    refused(api.get(f"/v1/sessions/{new(api)}/{part}", params=params), "invalid_parameter", field=field)


class TestParticipants:
    def test_by_pages_in_every_order(self, api: httpx.Client) -> None:
        session_id = new(api)
        path = f"/v1/sessions/{session_id}/participants"
        people = ["Cy", "ada", "Bob", "Dan", "Eve"]
        published(api, session_id, *(joined(name) for name in people))
        every = pages(api, path, limit=2)
        # Who came in the same millisecond is told apart by the id.
        assert every == sorted(every, key=lambda who: (who["joined_at"], who["participant_id"]))
        assert sorted(names(every)) == sorted(people)
        assert pages(api, path, limit=1, order="desc") == every[::-1]
        assert names(pages(api, path, limit=2, sort="name")) == ["ada", "Bob", "Cy", "Dan", "Eve"]
        page = taken(api.get(path, params={"limit": 2}))
        assert (page["count"], page["entry_id"]) == (5, head(api, session_id))
        published(api, session_id, joined("Flo"), left("Cy"))
        rest = pages(api, path, limit=2, cursor=page["next"])
        assert names(page["data"] + rest) == [*names(every), "Flo"]
        assert names(pages(api, path, live="false")) == ["Cy"]
        assert len(pages(api, path, live="true")) == 5
        answer = api.get(path, params={"sort": "name", "cursor": page["next"]})
        refused(answer, "invalid_parameter", field="cursor")

    def test_by_how_long_they_were_there_or_spoke(self, api: httpx.Client) -> None:
        session_id = new(api)
        path = f"/v1/sessions/{session_id}/participants"
        published(api, session_id, joined("Ada"))
        published(api, session_id, joined("Bob"))
        published(api, session_id, event("participant.speaking", participant_id="bob", speaking=True))
        # Times are those of the store: they need some to differ.
        first = found(api, session_id)["updated_at"]
        while found(api, session_id)["updated_at"] == first:
            published(api, session_id, event("x.tick"))
        published(api, session_id, event("participant.speaking", participant_id="bob", speaking=False))
        published(api, session_id, left("Bob"))
        by_time = pages(api, path, sort="duration", order="desc")
        assert by_time[-1]["name"] == "Bob" or by_time[0]["joined_at"] == by_time[1]["joined_at"]
        assert names(pages(api, path, sort="speech_time", order="desc")) == ["Bob", "Ada"]
        ada, bob = taken(api.get(path))["data"]
        assert bob["duration"] >= bob["speech_time"] > 0
        assert "speech_time" not in ada
        assert ada["present_since"] == ada["joined_at"]
        assert found(api, session_id)["minutes_consumed"] == pytest.approx(bob["duration"] / 60)

    def test_search(self, api: httpx.Client) -> None:
        session_id = new(api)
        path = f"/v1/sessions/{session_id}/participants"
        published(
            api,
            session_id,
            joined("Ada", custom_id="EMP-17"),
            joined("Bob", user_id="u-17"),
            joined("Cy", email="cy17@example.com"),
        )
        found_by = {"17": ["Ada", "Bob"], "emp": ["Ada"], "BO": ["Bob"], "cy": ["Cy"], "nobody": []}
        for text, wanted in found_by.items():
            page = taken(api.get(path, params={"search": text}))
            assert (names(page["data"]), page["count"]) == (wanted, len(wanted))

    def test_one_with_connections_and_report(self, api: httpx.Client) -> None:
        session_id = new(api)
        one = f"/v1/sessions/{session_id}"
        details = {
            "role": "host",
            "preset": "group_call_host",
            "custom_id": "emp-1",
            "user_id": "u-1",
            "email": "ada@example.com",
            "avatar_url": "https://example.com/a.png",
            "device_type": "mobile",
            "position": "Engineer",
            "department": "Research",
        }
        published(api, session_id, joined("Ada", **details), joined("Ada", "screen", kind="screenshare"))
        refused(api.get(f"{one}/participants/bob"), "participant_not_found")
        refused(api.get(f"{one}/peers/ada"), "participant_not_found")
        shown = taken(api.get(f"{one}/participants/ada"))
        assert shown == shown | details
        assert (shown["report"], shown["left_at"]) == (None, None)
        report = {"device": {"os": "Linux"}, "network": {"ip": "192.0.2.1"}, "quality": {"mos": 4.2}}
        for quality in (report | {"precall": {"rtt": 9}}, report):
            published(api, session_id, event("peer.report", participant_id="ada", **quality))
        published(api, session_id, left("Ada", "screen"), left("Ada"))
        for path in ("participants/ada", "peers/ada-screen", "peers/ada-c1"):
            shown = taken(api.get(f"{one}/{path}"))
            assert shown["report"] == {"participant_id": "ada", **report}
            assert [(at["event"], at["connection_id"], at["kind"]) for at in shown["events"]] == [
                ("joined", "ada-c1", "main"),
                ("joined", "ada-screen", "screenshare"),
                ("left", "ada-c1", "main"),
                ("left", "ada-screen", "screenshare"),
            ]

    def test_an_id_may_have_a_slash(self, api: httpx.Client) -> None:
        session_id = new(api)
        published(
            api,
            session_id,
            event("participant.joined", participant_id="a/b", connection_id="c/d", name="Ada"),
        )
        for path in ("participants/a%2Fb", "peers/c%2Fd"):
            assert taken(api.get(f"/v1/sessions/{session_id}/{path}"))["name"] == "Ada"


class TestChat:
    def message(self, number: int, text: str = "hi", **more: Any) -> dict[str, Any]:
        return event("chat.message", message_id=f"m{number}", text=text, **more)

    @pytest.mark.parametrize("count", [3, 130])
    def test_as_it_was_last_edited(self, api: httpx.Client, count: int) -> None:
        session_id = new(api)
        path = f"/v1/sessions/{session_id}/chat"
        sender = {"name": "Ada", "participant_id": "ada"}
        published(api, session_id, *(self.message(n, f"text {n}", sender=sender) for n in range(count)))
        before = taken(api.get(path))
        published(api, session_id, event("x.between"), self.message(1, "edited"), self.message(1, "again"))
        texts = [f"text {n}" if n != 1 else "again" for n in range(count)]
        assert [one["text"] for one in pages(api, path, limit=50)] == texts
        page = taken(api.get(path, params={"limit": 2}))
        assert (page["count"], page["entry_id"]) == (count, head(api, session_id))
        assert page["data"][1]["at"] == before["data"][1]["at"]
        assert [one["edited"] for one in page["data"]] == [False, True]
        assert page["data"][0]["sender"] == sender
        assert [one["message_id"] for one in pages(api, path, text="AGAIN")] == ["m1"]

    def test_as_csv(self, api: httpx.Client) -> None:
        session_id = new(api)
        texts = ['says "yes", twice', "two\nlines", "=1+1", "ä"]
        published(api, session_id, *(self.message(n, text) for n, text in enumerate(texts)))
        for safe in ("false", "true"):
            params = {"format": "csv", "spreadsheet": safe}
            answer = api.get(f"/v1/sessions/{session_id}/chat", params=params)
            assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
            rows = list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))
            wanted = [f"'{text}" if safe == "true" and text[0] == "=" else text for text in texts]
            assert [row["text"] for row in rows] == wanted
            assert [row["message_id"] for row in rows] == [f"m{n}" for n in range(len(texts))]


class TestLogs:
    def line(self, number: int, level: str = "info", **more: Any) -> dict[str, Any]:
        return event("log.entry", level=level, message=f"line {number}", **more)

    def test_by_pages_level_text_and_time(self, api: httpx.Client) -> None:
        session_id = new(api)
        path = f"/v1/sessions/{session_id}/logs"
        levels = ["debug", "info", "warning", "error"]
        lines = [self.line(n, levels[n % 4], source="bot", fields={"n": n}) for n in range(40)]
        ids = published(api, session_id, status("active"), *lines)[1:]
        every = pages(api, path, limit=7)
        assert [(one["id"], one["message"], one["fields"]) for one in every] == [
            (entry_id, f"line {n}", {"n": n}) for n, entry_id in enumerate(ids)
        ]
        assert pages(api, path, limit=7, order="desc") == every[::-1]
        assert pages(api, path, limit=3, level="warning") == [every[n] for n in range(40) if n % 4 > 1]
        assert pages(api, path, limit=1, text="LINE 3") == [every[3], *every[30:40]]
        assert pages(api, path, **{"from": every[0]["at"], "to": every[-1]["at"]}) == every
        assert pages(api, path, to="2020-01-01T00:00:00Z") == []
        assert pages(api, path, to="1969-12-31") == []
        assert pages(api, path, to="1969-12-31", order="desc") == []
        assert pages(api, path, to="1969-12-31T23:00:00Z") == []
        assert pages(api, path, to="0617-12-25T14:37:14-03:02", order="desc") == []
        assert pages(api, path, **{"from": "2100-01-01T00:00:00+02:00"}) == []
        cursor = taken(api.get(path, params={"limit": 1}))["next"]
        refused(
            api.get(path, params={"order": "desc", "cursor": cursor}), "invalid_parameter", field="cursor"
        )

    def test_none(self, api: httpx.Client) -> None:
        assert taken(api.get(f"/v1/sessions/{new(api)}/logs")) == {"next": None, "data": []}


class TestEvents:
    def test_entries_as_streams_send_them(self, api: httpx.Client) -> None:
        session_id = new(api)
        path = f"/v1/sessions/{session_id}/events"
        kinds = [event("x.a", n=1), TestChat().message(1), TestLogs().line(1), joined("Ada")]
        for _ in range(5):
            published(api, session_id, *kinds)
        every = history(api, session_id)
        assert len(every) == 21
        for limit in (1, 4, 500):
            assert pages(api, path, limit=limit) == every
        assert pages(api, path, after=every[9]["id"]) == every[10:]
        assert pages(api, path, after=every[-1]["id"]) == []
        chat = [entry for entry in every if entry["type"] == "chat.message"]
        assert pages(api, path, channels="chat", limit=2) == chat
        assert pages(api, path, types="x.a,session.created") == [
            entry for entry in every if entry["type"] in ("x.a", "session.created")
        ]
        assert pages(api, path, channels="chat", types="x.a") == []


def test_chapters_and_recording(api: httpx.Client) -> None:
    session_id = new(api)
    one = f"/v1/sessions/{session_id}"
    refused(api.get(f"{one}/recording"), "recording_not_found")
    assert taken(api.get(f"{one}/chapters"))["data"] == []
    recording = {
        "state": "ready",
        "url": "https://example.com/r.mp4",
        "format": "mp4",
        "duration": 61.5,
        "size": 99,
        "segment_count": 2,
        "audio_file_count": 1,
        "video_file_count": 3,
        "output_directory": "recordings/1",
    }
    published(
        api,
        session_id,
        event("chapter.added", title="Second", start=60),
        event("chapter.added", title="First", start=0, end=60),
        event("recording.updated", **recording),
    )
    chapters = taken(api.get(f"{one}/chapters"))
    assert [(one["title"], one["start"], one["end"]) for one in chapters["data"]] == [
        ("First", 0, 60),
        ("Second", 60, None),
    ]
    assert (chapters["truncated"], chapters["entry_id"]) == (False, head(api, session_id))
    shown = taken(api.get(f"{one}/recording"))
    assert shown == recording | {"updated_at": found(api, session_id)["updated_at"]}
