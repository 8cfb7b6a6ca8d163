"""The transcript: by pages, or as a whole in many formats."""

from collections.abc import AsyncGenerator, Callable, Iterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.cursors import cursor, index_of
from hub.api.operations import transcript as operations
from hub.api.parameters import Parameters, session_id_of
from hub.api.services import Services
from hub.core.export import FORMATS, SPREADSHEET, Format, Heading
from hub.core.fold import State
from hub.core.transcript import Segment
from hub.edge.auth import Credential
from hub.edge.negotiation import accepted
from hub.live.transcripts import Whole
from schemas import session
from schemas.pages import TranscriptPage

CHUNK = 64 * 1024
"""Characters of an export sent at once, about."""
_ORDER = "transcript"


class Transcript:
    """`GET /v1/sessions/{id}/transcript`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        return [operations.GET.route(self._get)]

    async def _get(self, request: Request) -> Response:
        """A page by first appearance of its segments; with `format` all of them by start."""
        credential = await self._services.allowed(request, "subscribe", gives=())
        query = Parameters(request, operations.GET)
        name = query.word("format") if query.text("format") is not None else None
        form = FORMATS[name or "json"]
        accepted(request.headers, form.content_type.partition(";")[0])
        session_id = session_id_of(request)
        if name is None:
            query.refuse("spreadsheet", "`spreadsheet` goes with `format=csv`.")
            return await self._page(credential, session_id, query)
        for paging in ("limit", "cursor"):
            query.refuse(paging, f"`{paging}` does not go with `format`, which gives all.")
        if query.flag("spreadsheet") is not None and name != "csv":
            query.refuse("spreadsheet", "`spreadsheet` goes with `format=csv`.")
        if query.flag("spreadsheet"):
            form = SPREADSHEET
        whole = await self._services.transcripts.whole(
            credential.organization, session_id, wanted=_wanted(query)
        )
        return exported(whole, form, f"{session_id}.{name}")

    async def file(
        self,
        credential: Credential,
        session_id: str,
        form: Callable[[State], Format],
        name: str | None = None,
    ) -> Response:
        """All segments by start, piece by piece.

        Args:
            credential: Whose session it is.
            session_id: Which.
            form: How it is written down, of a session in this state.
            name: Of the file; None for an answer that is none.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        whole = await self._services.transcripts.whole(
            credential.organization, session_id, wanted=lambda _segment: True
        )
        return exported(whole, form(whole.state), name)

    async def _page(self, credential: Credential, session_id: str, query: Parameters) -> Response:
        page = await self._services.transcripts.page(
            credential.organization,
            session_id,
            start=index_of(query.text("cursor"), _ORDER),
            limit=query.number("limit"),
            wanted=_wanted(query),
        )
        return answer(
            TranscriptPage(
                session_id=session_id,
                entry_id=str(page.state.entry_id),
                segments=[segment.view(page.state.started) for segment in page.segments],
                next=None if page.next is None else cursor(_ORDER, page.next),
            )
        )


def exported(whole: Whole, form: Format, name: str | None) -> Response:
    """A whole transcript as a file; `whole` is closed when it has been sent."""
    state = whole.state
    heading = Heading(state.session_id, str(state.entry_id), state.about.title, whole.count)

    def segments() -> Iterator[session.Segment]:
        for page in whole.by_start():
            for segment in page:
                yield segment.view(state.started)

    async def chunks() -> AsyncGenerator[bytes]:
        try:
            waiting: list[str] = []
            size = 0
            for piece in form.pieces(heading, segments()):
                waiting.append(piece)
                size += len(piece)
                if size >= CHUNK:
                    # Here others take their turn.
                    yield "".join(waiting).encode()
                    waiting.clear()
                    size = 0
            yield "".join(waiting).encode()
        finally:
            whole.close()

    headers = {"Cache-Control": "no-store", "X-Entry-Id": heading.entry_id}
    if name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return StreamingResponse(chunks(), 200, headers, media_type=form.content_type)


def _wanted(query: Parameters) -> Callable[[Segment], bool]:
    """Which segments a query wants: those that overlap a time, of a speaker, with a text."""
    begin, end = query.decimal("from"), query.decimal("to")
    if begin is not None and end is not None and end < begin:
        query.refuse("to", "`to` is before `from`.")
    speaker = (query.text("speaker") or "").casefold()
    text = (query.text("text") or "").casefold()

    def wanted(segment: Segment) -> bool:
        return (
            (begin is None or segment.end >= begin)
            and (end is None or segment.start <= end)
            and (not speaker or speaker in _names(segment))
            and (not text or text in segment.text.casefold())
        )

    return wanted


def _names(segment: Segment) -> tuple[str, ...]:
    who = segment.speaker
    return () if who is None else (who.name.casefold(), (who.participant_id or "").casefold())
