"""What the official client of realtimekit is told, strictly validated: all its methods and parameters."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
from cloudflare import NotFoundError
from contract.api.asking import taken
from contract.compat.official import Asked, refused
from contract.compat.played import Stage
from exported import READERS, Said, cue
from servers import wait_until

from hub.compat import ids

MANY = 100
"""On one page."""
CHAT = [
    "id",
    "participantId",
    "sessionId",
    "meetingId",
    "displayName",
    "pinned",
    "isEdited",
    "payloadType",
    "payload",
    "createdAt",
]


class Checked:
    """All that is checked of one client on one stage."""

    def __init__(self, ask: Asked, stage: Stage, api: httpx.Client) -> None:
        self._ask = ask
        self._stage = stage
        self._api = api
        self.parameters: set[str] = set()
        """Those that were seen to change the answer, by method."""
        self.downloads: dict[str, str] = {}
        """URLs by what they open."""

    def all(self) -> None:
        """Everything, in an order that does not matter."""
        for check in (
            self.sessions,
            self.details,
            self.participants,
            self.participant,
            self.peer,
            self.transcripts,
            self.chat,
            self.summary,
        ):
            check()

    def _differ(self, method: str, name: str, without: Any, given: Any) -> None:
        assert without != given, f"{name} of {method} changes nothing"
        self.parameters.add(f"{method}.{name}")

    def sessions(self) -> None:
        """`get_sessions`"""
        early, played, live = self._stage.early, self._stage.meeting, self._stage.live

        def listed(**parameters: Any) -> list[str]:
            return [one.id for one in self._ask("get_sessions", **parameters).data.sessions]

        answer = self._ask("get_sessions")
        assert answer.success is True
        assert [one.id for one in answer.data.sessions] == [live, played, early]
        assert (answer.paging.start_offset, answer.paging.end_offset, answer.paging.total_count) == (1, 3, 3)
        one = answer.data.sessions[1]
        created = datetime.fromisoformat(one.created_at)
        self._is_the_meeting(one)
        assert [room["title"] for room in one.breakout_rooms] == ["Group 1", None]
        moment = timedelta(milliseconds=1)
        for given, expected in (
            ({"associated_id": "mtg-played"}, [played]),
            ({"start_time": created}, [live, played]),
            ({"start_time": one.created_at.replace("Z", "+00:00")}, [live, played]),
            ({"start_time": created + moment}, [live]),
            ({"start_time": (created + moment).astimezone(UTC).replace(tzinfo=None)}, [live]),
            ({"end_time": created}, [played, early]),
            ({"end_time": created - moment}, [early]),
            ({"page_no": 2, "per_page": 2}, [early]),
            ({"page_no": 2.0, "per_page": 1.0}, [played]),
            ({"per_page": 1}, [live]),
            ({"participants": f"{self._stage.first}@example.org"}, [played]),
            ({"participants": f"guest, user-{self._stage.first}"}, [live, played, early]),
            ({"participants": ids.to_peer(ids.of_uuid(early), "guest")}, [live, early]),
            ({"search": "weekly"}, [played]),
            ({"search": "MTG-EARLY"}, [early]),
            ({"search": live}, [live]),
            ({"search": live.upper().replace("-", "")}, [live]),
            ({"search": ids.of_uuid(live)}, [live]),
            ({"search": self._stage.scheduled}, []),
            ({"sort_order": "ASC"}, [early, played, live]),
            ({"status": "LIVE"}, [live]),
            ({"status": "ENDED"}, [played, early]),
        ):
            found = listed(**given)
            assert found == expected, f"{given}: {found}"
            if found != [live, played, early]:
                self.parameters |= {f"get_sessions.{name}" for name in given}
        # The order is that of the last checkpoints.
        for order, expected in (("DESC", [played, early, live]), ("ASC", [live, early, played])):
            by_minutes = partial(listed, sort_by="minutesConsumed", sort_order=order)
            wait_until(lambda asked=by_minutes, found=expected: asked() == found, f"{order} by minutes")
            self._differ("get_sessions", "sort_by", listed(sort_order=order), expected)
        beyond = self._ask("get_sessions", page_no=9)
        assert (beyond.data.sessions, beyond.paging.total_count) == ([], 3)
        assert (beyond.paging.start_offset, beyond.paging.end_offset) == (0, 0)

    def _is_the_meeting(self, one: Any) -> None:
        stage = self._stage
        assert (one.id, one.associated_id, one.organization_id) == (
            stage.meeting,
            "mtg-played",
            stage.organization,
        )
        assert one.meeting_display_name.startswith("Weekly ")
        assert (one.status, one.type, one.live_participants) == ("ENDED", "meeting", 0)
        assert one.max_concurrent_participants == len(stage.people)
        assert one.meta == {"room": 7}
        assert one.created_at <= one.started_at < one.ended_at <= one.updated_at
        minutes = sum(who.duration for who in self._everybody())
        assert minutes > 0
        assert abs(one.minutes_consumed - minutes) < 1e-9

    def _everybody(self, **parameters: Any) -> list[Any]:
        asked = {"per_page": MANY} | parameters
        return self._ask("get_session_participants", self._stage.meeting, **asked).data.participants

    def details(self) -> None:
        """`get_session_details`"""
        plain = self._ask("get_session_details", self._stage.meeting).data
        rooms = self._ask("get_session_details", self._stage.meeting, include_breakout_rooms=True).data
        for one in (plain, rooms):
            self._is_the_meeting(one)
        # As older clients read it.
        assert plain.session == {
            name: value
            for name, value in plain.to_dict().items()
            if name not in ("session", "breakout_rooms")
        }
        shown = [(room["id"], room["title"], room["ended_at"] is None) for room in rooms.breakout_rooms]
        assert shown == [("b1", "Group 1", False), ("b2", None, True)]
        self._differ(
            "get_session_details", "include_breakout_rooms", plain.breakout_rooms, rooms.breakout_rooms
        )
        early = self._ask("get_session_details", self._stage.early).data
        assert (early.type, early.to_dict().get("meta")) == ("livestream", None)
        live = self._ask("get_session_details", self._stage.live).data
        assert (live.status, live.ended_at, live.live_participants) == ("LIVE", None, 1)
        assert (live.associated_id, live.meeting_display_name) == ("", "")
        again = self._ask("get_session_details", self._stage.live).data
        assert again.minutes_consumed >= live.minutes_consumed > 0

    def participants(self) -> None:
        """`get_session_participants`"""
        stage = self._stage
        everybody = self._everybody()
        names = list(stage.people)
        assert [who.display_name for who in everybody] == names
        for who in everybody:
            native = stage.people[who.display_name]
            assert who.id == ids.to_peer(ids.of_uuid(stage.meeting), native)
            assert (who.custom_participant_id, who.user_id) == (f"{native}@example.org", f"user-{native}")
            assert who.preset_name == ("group_call_host" if native == stage.first else None)
            assert who.created_at == who.joined_at < who.left_at <= who.updated_at
            assert who.peer_events is None
            stayed = datetime.fromisoformat(who.left_at) - datetime.fromisoformat(who.joined_at)
            assert abs(who.duration * 60 - stayed.total_seconds()) < 1e-6
        ordered = sorted(everybody, key=lambda who: who.duration)
        few = max(1, len(names) - 1)
        last = everybody[-1]
        for given, expected in (
            ({"page_no": 2, "per_page": few}, everybody[few:]),
            ({"per_page": few}, everybody[:few]),
            ({"search": last.id}, [last]),
            ({"search": last.custom_participant_id}, [last]),
            ({"search": last.display_name.upper()}, None),
            ({"sort_order": "DESC"}, everybody[::-1]),
            ({"sort_by": "duration"}, ordered),
            ({"sort_by": "duration", "sort_order": "DESC"}, ordered[::-1]),
        ):
            found = self._everybody(**given)
            if expected is None:
                assert last in found
                assert len(found) < len(names)
            else:
                assert found == expected, given
            if found != everybody:
                self.parameters |= {f"get_session_participants.{name}" for name in given}
        told = self._everybody(include_peer_events=True)
        self._differ("get_session_participants", "include_peer_events", everybody, told)
        for who in told:
            self._has_come_and_gone(who, 2 if stage.people[who.display_name] == stage.first else 1)
        raw = self._everybody(view="raw")
        self._differ("get_session_participants", "view", everybody, raw)
        assert len(raw) == len(names) + 1
        assert len({one.id for one in raw} | {who.id for who in everybody}) == 2 * len(names) + 1
        first = [one for one in raw if one.display_name == names[0]]
        assert len(first) == 2
        assert sum(one.duration for one in first) > everybody[0].duration
        for one in (*first, raw[-1]):
            assert self._everybody(view="raw", search=one.id) == [one]
            # In all, it is the participant whose connection that is.
            assert [who.display_name for who in self._everybody(search=one.id)] == [one.display_name]

    def _has_come_and_gone(self, who: Any, connections: int) -> None:
        created = [one for one in who.peer_events if one.event_name == "PEER_CREATED"]
        came = [one for one in who.peer_events if one.event_name == "PEER_JOINING"]
        went = [one for one in who.peer_events if one.event_name == "PEER_LEAVING"]
        assert len(created) == len(came) == len(went) == connections
        assert [one.created_at for one in who.peer_events] == sorted(
            one.created_at for one in who.peer_events
        )
        assert came[0].created_at == who.joined_at
        assert went[-1].created_at == who.left_at
        assert len({one.id for one in who.peer_events}) == 3 * connections
        assert len({one.peer_id for one in who.peer_events}) == connections
        for one in who.peer_events:
            assert (one.session_id, one.preset_view_type) == (self._stage.meeting, "GROUP_CALL")
            assert one.updated_at == one.created_at
            assert one.socket_session_id
            assert one.minutes_consumed >= 0
        assert went[-1].minutes_consumed > 0

    def participant(self) -> None:
        """`get_session_participant_details`"""
        stage, everybody = self._stage, self._everybody()

        def asked(name: str, **parameters: Any) -> Any:
            parameters = {"session_id": stage.meeting} | parameters
            return self._ask("get_session_participant_details", name, **parameters).data.participant

        for who in everybody:
            assert asked(who.id).to_dict() == who.to_dict()
        assert asked(stage.first).to_dict() == everybody[0].to_dict()
        raw = self._everybody(view="raw")[-1]
        assert asked(raw.id).to_dict() == raw.to_dict()
        told = asked(stage.first, include_peer_events=True)
        self._has_come_and_gone(told, 2)
        self._differ("get_session_participant_details", "include_peer_events", everybody[0], told)
        assert asked("guest", session_id=stage.live).left_at is None
        for name in ("nobody", asked("guest", session_id=stage.live).id):
            refused(NotFoundError, lambda name=name: asked(name))

    def peer(self) -> None:
        """`get_participant_data_from_peer_id`"""
        method = "get_participant_data_from_peer_id"
        everybody = self._everybody()
        whole = self._ask(method, everybody[0].id).data
        peer = whole.participant
        for name in ("id", "display_name", "duration", "joined_at", "left_at", "user_id", "updated_at"):
            assert getattr(peer, name) == getattr(everybody[0], name), name
            # As it was published, flat.
            assert whole.to_dict()[name] == getattr(peer, name)
        assert (peer.session_id, peer.role) == (self._stage.meeting, "host")
        assert whole.to_dict()["preset_name"] == "group_call_host"
        about, quality = peer.peer_report.metadata, peer.peer_report.quality
        assert (about.device_info.os, about.device_info.cpus) == ("Linux", 8)
        assert (about.ip_information.city, about.ip_information.asn.asn) == ("Berlin", "AS64500")
        assert [one.turn_connectivity for one in about.pc_metadata] == [True]
        assert [one.name for one in about.events][-1] == "PEER_LEAVING"
        assert quality.audio_producer[0].packets_lost == 3
        filters = {
            "device_info": {"metadata": {"device_info"}},
            "ip_information": {"metadata": {"ip_information"}},
            "precall_network_information": {"metadata": {"pc_metadata"}},
            "events": {"metadata": {"events"}},
            "quality_stats": {"quality": {"audio_producer"}},
        }
        for name, parts in filters.items():
            report = self._ask(method, everybody[0].id, filters=name).data.participant.peer_report
            assert {part: set(value) for part, value in report.to_dict().items()} == parts, name
            self._differ(method, "filters", peer.peer_report, report)
        told = self._ask(method, everybody[0].id, include_peer_events=True).data.participant
        self._has_come_and_gone(told, 2)
        self._differ(method, "include_peer_events", peer, told)
        other = self._ask(method, everybody[-1].id).data.participant
        assert (other.role, other.peer_report.quality) == (None, None)
        assert set(other.peer_report.metadata.to_dict()) == {"events"}
        raw = self._everybody(view="raw")[1]
        assert self._ask(method, raw.id).data.participant.id == raw.id

    def transcripts(self) -> None:
        """`get_session_transcripts`, and what its URLs open"""
        method, meeting_id = "get_session_transcripts", self._stage.meeting
        texts: dict[str, str] = {}
        for name in ("SRT", "VTT", "JSON", "CSV"):
            given = self._ask(method, meeting_id, format=name).data
            assert given.session_id == meeting_id
            texts[name] = self._fetched(
                name, given.transcript_download_url, given.transcript_download_url_expiry
            )
        given = self._ask(method, meeting_id).data
        assert self._fetched("CSV", given.transcript_download_url, given.transcript_download_url_expiry)
        assert httpx.get(given.transcript_download_url).text == texts["CSV"]
        self._differ(method, "format", texts["CSV"], texts["JSON"])
        expected = [
            Said(line.start_ms, line.end_ms, " ".join((line.speaker or "").split()), line.text)
            for line in self._stage.lines
        ]
        for name in ("SRT", "VTT"):
            back = READERS[name.lower()][0](texts[name])
            assert back == [cue(one) for one in expected], name
        everybody = {who.display_name: who for who in self._everybody()}
        rows = list(csv.reader(io.StringIO(texts["CSV"], newline=""), strict=True))
        told = json.loads(texts["JSON"])
        assert len(rows) == len(told) == len(self._stage.lines)
        for line, row, one in zip(self._stage.lines, rows, told, strict=True):
            who = None if line.speaker is None else everybody[line.speaker]
            known = ["", "", "", ""]
            if who is not None:
                known = [who.id, who.user_id, who.custom_participant_id, who.display_name]
            assert row == [str(line.start_ms), *known, line.text]
            assert one == {
                "startTime": line.start_ms,
                "endTime": line.end_ms,
                "sentence": line.text,
                "peerData": {
                    "id": who and who.id,
                    "userId": who and who.user_id,
                    "displayName": who and who.display_name,
                    "cpi": who and who.custom_participant_id,
                    "joinedAt": who and who.joined_at,
                    "leftAt": who and who.left_at,
                },
            }

    def chat(self) -> None:
        """`get_session_chat`, and what its URL opens"""
        given = self._ask("get_session_chat", self._stage.meeting).data
        text = self._fetched("chat", given.chat_download_url, given.chat_download_url_expiry)
        first, second = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        assert list(first) == CHAT
        who = self._everybody()[0]
        assert first == {
            "id": "m1",
            "participantId": who.id,
            "sessionId": self._stage.meeting,
            "meetingId": "mtg-played",
            "displayName": who.display_name,
            "pinned": "false",
            "isEdited": "true",
            "payloadType": "TEXT_MESSAGE",
            "payload": "hello",
            "createdAt": first["createdAt"],
        }
        assert (second["participantId"], second["displayName"], second["isEdited"]) == ("", "", "false")
        assert second["payload"] == 'She said: "two\nlines, really"'
        assert datetime.fromisoformat(second["createdAt"]) >= datetime.fromisoformat(who.joined_at)
        refused(NotFoundError, lambda: self._ask("get_session_chat", self._stage.early))

    def summary(self) -> None:
        """`generate_summary_of_transcripts`, `get_session_summary`, and what its URL opens"""
        refused(NotFoundError, lambda: self._ask("get_session_summary", self._stage.early))
        asked = self._ask("generate_summary_of_transcripts", self._stage.meeting).data
        assert asked.session_id == self._stage.meeting
        assert asked.status in ("requested", "ready")

        def ready() -> Any:
            try:
                return self._ask("get_session_summary", self._stage.meeting).data
            except NotFoundError:
                return None

        given = wait_until(ready, "there is a summary")
        assert given.session_id == self._stage.meeting
        text = self._fetched("summary", given.summary_download_url, given.summary_download_url_expiry)
        native = taken(self._api.get(f"/v1/sessions/{ids.of_uuid(self._stage.meeting)}/summary"))
        assert text.startswith(native["text"])

    def _fetched(self, name: str, url: str, expiry: str) -> str:
        """What a URL gives to who has no key."""
        left = datetime.fromisoformat(expiry) - datetime.now(UTC)
        assert timedelta(hours=23) < left <= timedelta(hours=24), expiry
        answer = httpx.get(url)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"].startswith(
            f'attachment; filename="{self._stage.meeting}-'
        )
        assert answer.headers["referrer-policy"] == "no-referrer"
        self.downloads[name] = url
        return answer.text
