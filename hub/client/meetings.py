"""Meetings, as a program uses them."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from hub.client.http import Http
from hub.client.pages import pages
from schemas import codec
from schemas.directory import Meeting, MeetingList, PutMeeting


class Meetings:
    """The meetings of an organization; `Hub.meetings`. Every method raises as those of `Hub` do."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def put(self, meeting_id: str, **said: Any) -> Meeting:
        """Say what a meeting is: fields of `schemas.directory.PutMeeting`, in place of all said before."""
        return await self._http.ask(Meeting, "PUT", _path(meeting_id), body=codec.encode(PutMeeting(**said)))

    async def get(self, meeting_id: str) -> Meeting:
        """A meeting that was put, or that a session has named."""
        return await self._http.ask(Meeting, "GET", _path(meeting_id))

    def all(self) -> AsyncIterator[Meeting]:
        """All meetings, newest first, fetched page by page."""
        return pages(self._http, MeetingList, "/v1/meetings", {})


def _path(meeting_id: str) -> str:
    if not meeting_id:
        raise ValueError("a meeting id is not empty")
    return f"/v1/meetings/{quote(meeting_id, safe='')}"
