"""Download URLs: signed, expiring, usable without a key.

A URL is the path of what it opens with the signature in its query. So it tells a person what it is, and no
log has it: of a request the path is logged, never the query.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.entries import chat_file
from hub.api.operations import downloads as operations
from hub.api.parameters import Parameters, session_id_of
from hub.api.services import Services
from hub.api.summary import summary_json, summary_text
from hub.api.transcript import exported
from hub.core.export import FORMATS
from hub.edge import downloads
from hub.edge.auth import Credential
from hub.edge.downloads import Download
from hub.errors import HubError
from schemas import codec
from schemas.pages import MessagePage
from schemas.requests import DownloadUrl

Renderer = Callable[[Services, str, str], Awaitable[Response]]
"""Renders what there is of a session, by its organization and id, in one format; as its own route does."""


def _transcript(name: str) -> Renderer:
    async def rendered(services: Services, organization: str, session_id: str) -> Response:
        whole = await services.transcripts.whole(organization, session_id, wanted=lambda _segment: True)
        return exported(whole, FORMATS[name], f"{session_id}-transcript.{name}")

    return rendered


async def _chat_csv(services: Services, organization: str, session_id: str) -> Response:
    state = await services.reads.state(organization, session_id)
    return chat_file(await services.chats.messages(organization, state), session_id, spreadsheet=False)


async def _chat_json(services: Services, organization: str, session_id: str) -> Response:
    state = await services.reads.state(organization, session_id)
    messages = await services.chats.messages(organization, state)
    return answer(MessagePage(data=messages, count=len(messages), next=None, entry_id=str(state.entry_id)))


DOWNLOADS: Mapping[str, Mapping[str, Renderer]] = {
    "transcript": {name: _transcript(name) for name in FORMATS},
    "chat": {"csv": _chat_csv, "json": _chat_json},
    "summary": {"txt": summary_text, "json": summary_json},
}
"""What can be downloaded and how, by the formats that its operation names."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # A page that is opened from it must not learn the URL.
    "Referrer-Policy": "no-referrer",
}


def as_file(response: Response, name: str) -> Response:
    """`response` as a file that a download URL opens."""
    response.headers.update(_HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'})
    return response


def opener(download: Download) -> Credential:
    """Who has given a download URL out: may read what it opens, and nothing else is asked of it."""
    return Credential(
        organization=download.organization, scopes=frozenset({"subscribe"}), key_id=download.key_id
    )


class Downloads:
    """`GET /v1/sessions/{id}/<what>/url` and `…/download`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[Route]:
        """The routes."""
        found: list[Route] = []
        for what in DOWNLOADS:
            found += (
                operations.URLS[what].route(partial(self._url, what)),
                operations.DOWNLOADS[what].route(partial(self._download, what)),
            )
        return found

    async def _url(self, what: str, request: Request) -> Response:
        """`GET …/url`: a URL that downloads it without a key."""
        credential = await self._services.allowed(request, "subscribe")
        query = Parameters(request, operations.URLS[what])
        chosen, lifetime = query.word("format"), query.number("expires_in")
        session_id = session_id_of(request)
        signature, expires = await self.sign(credential, session_id, what, chosen, lifetime=lifetime)
        # Without a host: which one leads to the hub, its clients know better.
        url = f"/v1/sessions/{session_id}/{what}/download?{urlencode({'signature': signature})}"
        return answer(DownloadUrl(url=url, expires_at=codec.timestamp(expires)))

    async def sign(
        self, credential: Credential, session_id: str, what: str, form: str, *, lifetime: int
    ) -> tuple[str, int]:
        """A signature that opens `what` of a session in one format for `lifetime` seconds.

        Returns:
            The signature, and until when it is good in milliseconds since 1970.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        if await self._services.streams.head(credential.organization, session_id) is None:
            raise HubError("session_not_found")
        download = Download(
            organization=credential.organization,
            key_id=credential.key_id,
            session_id=session_id,
            what=what,
            format=form,
            expires=int(time.time() * 1000) + lifetime * 1000,
        )
        secret = await self._services.authenticator.secret()
        return downloads.sign(download, secret), download.expires

    async def opened(self, signature: str | None, session_id: str, what: str) -> Download:
        """What a signature opens.

        Raises:
            HubError: `missing_credential`, `invalid_credential`, `token_expired`. Unavailable.
        """
        if not signature:
            raise HubError("missing_credential", "This needs the `signature` of a download URL.")
        opened = downloads.verify(signature, await self._services.authenticator.secret())
        if opened is None or (opened.what, opened.session_id) != (what, session_id):
            raise HubError("invalid_credential", "The signature is not valid for this.")
        if opened.expires <= time.time() * 1000:
            raise HubError("token_expired", "The download URL has expired: ask for a new one.")
        if await self._services.authenticator.revoked(opener(opened)):
            raise HubError("invalid_credential", "The key that this download URL was made with was revoked.")
        return opened

    async def _download(self, what: str, request: Request) -> Response:
        """`GET …/download?signature=`: what the signature opens, as a file."""
        signature = Parameters(request, operations.DOWNLOADS[what]).text("signature")
        opened = await self.opened(signature, request.path_params["session_id"], what)
        renderer = DOWNLOADS[what].get(opened.format)
        if renderer is None:
            raise HubError("invalid_credential", "There is no such format any more.")
        response = await renderer(self._services, opened.organization, opened.session_id)
        return as_file(response, f"{opened.session_id}-{what}.{opened.format}")
