"""What each system shows of a session, and what it should show: one function a system."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx

from followed.table import STATUSES
from followed.told import Told
from hub.compat import ids

View = Callable[["Followed", Told], Awaitable[tuple[Any, Any]]]
"""What is shown, and what should be."""


class Followed(NamedTuple):
    """The session that is followed."""

    api: httpx.AsyncClient
    session_id: str
    number: int
    organization: str
    meeting_id: str

    async def json(self, path: str, *, missing: bool = False) -> Any:
        """What is answered; None if nothing is there, where that may be."""
        answer = await self.api.get(path)
        if missing and answer.status_code == 404:
            return None
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()


async def native(followed: Followed, told: Told) -> tuple[Any, Any]:
    path = f"/v1/sessions/{followed.session_id}"
    session, transcript = await followed.json(path), await followed.json(f"{path}/transcript?format=json")
    shown = (
        session["status"],
        session["participant_counts"],
        [one["title"] for one in session["artifacts"]["chapters"]],
        [
            ((one["speaker"] or {}).get("name"), one["text"], one["start"], one["end"])
            for one in transcript["segments"]
        ],
    )
    counts = {"live": len(told.there), "peak": told.peak, "total": len(told.people)}
    return shown, (told.status, counts, told.chapters, told.said)


async def bigmind(followed: Followed, told: Told) -> tuple[Any, Any]:
    path = f"/compat/bigmind/v1/meetings/{followed.meeting_id}/sessions/{followed.session_id}"
    data = (await followed.json(path))["data"]
    shown = (
        data["status"],
        [(one["name"], one["deviceId"]) for one in data["participants"]],
        [one["name"] for one in data["chapters"]],
        data["started_at"] is not None,
    )
    devices = [(who.name, device) for who in told.people.values() for device in who.connections]
    return shown, (STATUSES[told.status].bigmind, devices, told.chapters, told.started)


async def realtimekit(followed: Followed, told: Told) -> tuple[Any, Any]:
    base = f"/compat/realtimekit/accounts/any/realtime/kit/{followed.organization}/sessions"
    session_id = ids.to_uuid(followed.session_id)
    listed = (await followed.json(base))["data"]["sessions"]
    found = await followed.json(f"{base}/{session_id}", missing=True)
    if not told.started:
        return (listed, found), ([], None)
    data = found["data"]
    people = (await followed.json(f"{base}/{session_id}/participants?view=consolidated&per_page=100"))["data"]
    urls = (await followed.json(f"{base}/{session_id}/transcript?format=JSON"))["data"]
    async with httpx.AsyncClient(verify=False) as nobody:
        transcript = (await nobody.get(urls["transcript_download_url"])).json()
    shown = (
        [(one["id"], one["status"]) for one in listed],
        data["status"],
        data["live_participants"],
        data["max_concurrent_participants"],
        sorted(one["display_name"] for one in people["participants"]),
        [
            ((one["peerData"] or {}).get("displayName"), one["sentence"], one["startTime"], one["endTime"])
            for one in transcript
        ],
    )
    status = STATUSES[told.status].realtimekit
    said = [(name, text, round(start * 1000), round(end * 1000)) for name, text, start, end in told.said]
    return shown, (
        [(session_id, status)],
        status,
        len(told.there),
        told.peak,
        sorted(who.name for who in told.people.values()),
        said,
    )


async def meemo(followed: Followed, told: Told) -> tuple[Any, Any]:
    base = "/compat/meemo/api/v1/external/meeting/"
    path = f"{base}{followed.number}/"
    (listed,) = (await followed.json(base))["results"]
    detail, people = await followed.json(path), await followed.json(f"{path}participants/")
    transcript = await followed.json(f"{path}transcript/")
    shown = (
        listed["status"],
        detail["status"],
        detail["participant_count"],
        people["total_participants"],
        [one["name"] for one in people["participants"]],
        transcript["total_segments"],
        [
            (one["speaker"], one["text"], one["start_time"], one["end_time"])
            for one in transcript["transcripts"]
        ],
    )
    status, names = STATUSES[told.status].meemo, [who.name for who in told.people.values()]
    said = [(name or "Unknown", text, start, end) for name, text, start, end in told.said]
    return shown, (status, status, len(names), len(names), names, len(said), said)


async def emogg(followed: Followed, told: Told) -> tuple[Any, Any]:
    session_id = ids.to_hex(followed.session_id)
    (listed,) = (await followed.json("/compat/emogg/v1/sessions"))["data"]
    data = await followed.json(f"/compat/emogg/v1/sessions/{session_id}")
    state = STATUSES[told.status].emogg
    return (listed["_id"], listed["state"], data["state"]), (session_id, state, state)


async def meeting_buddy(followed: Followed, told: Told) -> tuple[Any, Any]:
    # Of drafts it has published that they have no id, so they are in its stream only.
    base = "/compat/meeting-buddy/v1/meeting-buddy/sessions"
    session_id = ids.to_prefixed(followed.session_id, "mbsess_")
    (listed,) = (await followed.json(base))["sessions"]
    data = await followed.json(f"{base}/{session_id}")
    transcript = await followed.json(f"{base}/{session_id}/transcripts")
    shown = (
        listed["status"],
        data["status"],
        sorted(who["name"] for who in data["current_participants"].values()),
        [(one["participant_name"], one["event"]) for one in data["participant_history"]],
        [(one["speaker"], one["text"], one["start_time"], one["end_time"]) for one in transcript],
    )
    status = STATUSES[told.status].meeting_buddy
    return shown, (status, status, sorted(told.there), told.moves, told.said_for_good)


VIEWS: dict[str, View] = {
    "native": native,
    "bigmind": bigmind,
    "realtimekit": realtimekit,
    "meemo": meemo,
    "emogg": emogg,
    "meeting-buddy": meeting_buddy,
}
