"""The transcripts of meeting_buddy."""

from datetime import datetime, timedelta

import httpx
from contract.api.asking import event, found, published, taken
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.meeting_buddy_stage import (
    brought_to,
    native_of,
    segment,
)
from contract.compat.published_meeting_buddy import (
    A_TRANSCRIPT,
    AN_EXPORT,
    FORMATS,
)


class TestTranscripts:
    """As an array, and as files."""

    def test_the_transcript_is_an_array_by_start(
        self, shown: Shown, api: httpx.Client, house: House, full: str
    ) -> None:
        given = shown.answer(A_TRANSCRIPT, api.get(f"/sessions/{full}/transcripts"))
        begun = datetime.fromisoformat(found(house.native, native_of(full))["started_at"])

        def said(end: float) -> str:
            return f"{(begun + timedelta(seconds=end)).isoformat()[:19]}Z"

        name = full.removeprefix("mbsess_")
        assert given == [
            {
                "transcript_id": f"mbtrans_{name}_0",
                "text": "First.",
                "confidence": None,
                "start_time": 1.0,
                "end_time": 1.5,
                "speaker": None,
                "language_code": "en",
                "created_at": said(1.5),
            },
            {
                "transcript_id": f"mbtrans_{name}_1",
                "text": "Second.",
                "confidence": 0.5,
                "start_time": 2.0,
                "end_time": 2.5,
                "speaker": "Bob",
                "language_code": "de",
                "created_at": said(2.5),
            },
        ]

    def test_partials_are_not_shown_until_nobody_will_finish_them(
        self, api: httpx.Client, house: House
    ) -> None:
        session_id = brought_to(house, "initializing", transcription_language="fr")
        path = f"/sessions/{session_id}/transcripts"
        assert taken(api.get(path)) == []
        published(house.native, native_of(session_id), segment("a", "Bonj", 1.0, final=False))
        assert taken(api.get(path)) == []
        published(
            house.native,
            native_of(session_id),
            segment("b", "Oui.", 2.0),
            segment("c", "Non.", 3.0),
            event("transcript.retracted", segment_id="c"),
            event("transcript.speaker_corrected", segment_ids=["b"], speaker={"name": "Zoe"}),
        )
        (only,) = taken(api.get(path))
        assert (only["text"], only["speaker"], only["language_code"]) == ("Oui.", "Zoe", "fr")
        # It has not started: its own clock counts.
        created = datetime.fromisoformat(found(house.native, native_of(session_id))["created_at"])
        assert only["created_at"] == f"{(created + timedelta(seconds=2.5)).isoformat()[:19]}Z"
        taken(api.post(f"/sessions/{session_id}/stop"))
        assert [one["text"] for one in taken(api.get(path))] == ["Bonj", "Oui."]

    def test_the_transcript_is_exported_in_each_format(
        self, shown: Shown, api: httpx.Client, house: House, full: str
    ) -> None:
        path = f"/sessions/{full}/transcripts/export"
        default = api.get(path)
        assert default.text == api.get(path, params={"format": "txt"}).text
        assert default.headers["content-disposition"] == f'attachment; filename="{full}.txt"'
        shown.text(AN_EXPORT)
        # With none of the words of its own, the first one would be the default.
        texts = {name: api.get(path, params={"format": name}) for name in FORMATS}
        for name, answer in texts.items():
            native = house.native.get(f"/v1/sessions/{native_of(full)}/transcript", params={"format": name})
            assert (answer.status_code, answer.text) == (200, native.text)
            assert answer.headers["content-type"] == native.headers["content-type"]
            other = texts["json" if name != "json" else "txt"]
            shown.parameter(AN_EXPORT, f"format={name}", other.text, answer.text)
        assert "First." in texts["vtt"].text
