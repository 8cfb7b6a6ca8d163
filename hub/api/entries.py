"""What a session's streams hold, by pages: its entries as they are, its chat and its log."""

import csv
import io
from collections.abc import Iterable

from msgspec import Raw
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.cursors import cursor, entry_id_of, index_of
from hub.api.operations import entries as operations
from hub.api.parameters import Parameters, session_id_of
from hub.api.services import Services
from hub.core.entry import Entry
from hub.core.entry_id import ORIGIN, EntryId
from hub.core.export import guarded
from hub.core.said import line
from hub.edge.auth import Credential
from hub.edge.negotiation import accepted
from hub.errors import HubError
from hub.store.streams import CHUNK
from schemas.events import Channel, LogLevel
from schemas.pages import EntryPage, LogPage, MessagePage
from schemas.session import LogLine, Message

LOOKED_AT = 20 * CHUNK
"""Entries that one page looks at at most; fewer than `limit` may be on it then, and `next` goes on."""
_END = EntryId(2**63 - 1, 2**63 - 1)


class Entries:
    """`GET /v1/sessions/{id}/events`, `/chat` and `/logs`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            operations.EVENTS.route(self.events),
            operations.CHAT.route(self.chat),
            operations.LOGS.route(self.logs),
        ]

    async def events(self, request: Request) -> Response:
        """`GET …/events`: entries after one, as streams send them; those of some channels or types."""
        credential = await self._services.allowed(request, "subscribe")
        query = Parameters(request, operations.EVENTS)
        limit = query.number("limit")
        channels = query.channels() or frozenset(Channel)
        types = {name for name in (query.text("types") or "").split(",") if name}
        after = query.entry_id("after") or ORIGIN
        at = entry_id_of(query.text("cursor"), "events") or after
        session_id, organization = session_id_of(request), credential.organization
        head = await self._services.streams.head(organization, session_id)
        if head is None:
            raise HubError("session_not_found")
        found: list[Entry] = []
        for _ in range(LOOKED_AT // CHUNK):
            entries = await self._services.streams.entries(
                organization, session_id, at, head, logs=Channel.LOGS in channels
            )
            for entry in entries:
                if len(found) == limit:
                    break
                at = entry.id
                if entry.channel in channels and (not types or entry.type in types):
                    found.append(entry)
            if not entries:
                at = head
            if len(found) == limit or not entries:
                break
        frames = [Raw(entry.frame(session_id)) for entry in found]
        return answer(EntryPage(data=frames, next=cursor("events", str(at)) if at < head else None))

    async def logs(self, request: Request) -> Response:
        """`GET …/logs`: the lines that are kept, of a least level, with a text, in a time."""
        credential = await self._services.allowed(request, "subscribe")
        query = Parameters(request, operations.LOGS)
        limit = query.number("limit")
        least = list(LogLevel).index(query.choice("level", LogLevel) or LogLevel.DEBUG)
        text = (query.text("text") or "").casefold()
        begin, end = query.moment("from", last=False), query.moment("to", last=True)
        if begin is not None and end is not None and end < begin:
            query.refuse("to", "`to` is before `from`.")
        newest = query.word("order") == "desc"
        order = f"logs {'desc' if newest else 'asc'}"
        place = entry_id_of(query.text("cursor"), order)
        session_id, organization = session_id_of(request), credential.organization
        if await self._services.streams.head(organization, session_id) is None:
            raise HubError("session_not_found")
        low = ORIGIN if begin is None else EntryId(max(begin - 1, 0), _END.seq)
        high = _END if end is None else EntryId(max(end, 0) + 1, 0)
        found: list[LogLine] = []
        more = False
        for _ in range(LOOKED_AT // CHUNK):
            if place is not None:
                low, high = (low, place) if newest else (place, high)
            entries = await self._services.streams.logs(
                organization, session_id, low, high, CHUNK, newest=newest
            )
            for entry in entries:
                if len(found) == limit:
                    break
                place = entry.id
                shown = line(entry)
                if list(LogLevel).index(shown.level) >= least and text in shown.message.casefold():
                    found.append(shown)
            more = bool(entries) and (len(entries) == CHUNK or place != entries[-1].id)
            if len(found) == limit or not more:
                break
        return answer(LogPage(data=found, next=cursor(order, str(place)) if more else None))

    async def messages(self, credential: Credential, session_id: str) -> list[Message]:
        """The whole chat of a session: its messages as they were last edited, by time of their first version.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        state = await self._services.reads.state(credential.organization, session_id)
        return await self._services.chats.messages(credential.organization, state)

    async def chat(self, request: Request) -> Response:
        """`GET …/chat`: messages by pages, or all of them as CSV."""
        credential = await self._services.allowed(request, "subscribe", gives=())
        query = Parameters(request, operations.CHAT)
        is_csv = query.word("format") == "csv"
        accepted(request.headers, "text/csv" if is_csv else "application/json")
        session_id, organization = session_id_of(request), credential.organization
        state = await self._services.reads.state(organization, session_id)
        messages = await self._services.chats.messages(organization, state)
        text = (query.text("text") or "").casefold()
        if text:
            messages = [message for message in messages if text in message.text.casefold()]
        if is_csv:
            for paging in ("limit", "cursor"):
                query.refuse(paging, f"`{paging}` does not go with `format=csv`, which gives all.")
            return chat_file(messages, session_id, spreadsheet=bool(query.flag("spreadsheet")))
        query.refuse("spreadsheet", "`spreadsheet` goes with `format=csv`.")
        limit = query.number("limit")
        # Messages are not taken away, and new ones come at the end: a place is how many came before.
        start = index_of(query.text("cursor"), f"chat {text}")
        end = start + limit
        return answer(
            MessagePage(
                data=messages[start:end],
                count=len(messages),
                next=cursor(f"chat {text}", end) if end < len(messages) else None,
                entry_id=str(state.entry_id),
            )
        )


def chat_file(messages: Iterable[Message], session_id: str, *, spreadsheet: bool) -> Response:
    """Messages as CSV; for a spreadsheet no cell begins as a formula does."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(("at", "sender", "participant_id", "text", "message_id"))
    for message in messages:
        name, participant_id = "", None
        if message.sender is not None:
            name, participant_id = message.sender.name, message.sender.participant_id
        cells = (name, participant_id or "", message.text, message.message_id)
        rows.writerow((message.at, *(map(guarded, cells) if spreadsheet else cells)))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{session_id}.chat.csv"',
    }
    return Response(text.getvalue(), 200, headers, media_type="text/csv; charset=utf-8; header=present")
