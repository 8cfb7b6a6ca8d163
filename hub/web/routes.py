"""The routes of the pages, their modules and the documents; the files travel inside the packages."""

import hashlib
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas import codec

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_STRICT = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_SHARED = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""For what pages of other origins may have: documents, `client.js`, `fold.js` and what these import."""

_PAGE_FILES = {
    "index.html": "text/html; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "elements.js": "text/javascript; charset=utf-8",
    "session-list.js": "text/javascript; charset=utf-8",
    "session-view.js": "text/javascript; charset=utf-8",
    "transcript-view.js": "text/javascript; charset=utf-8",
    "docs.html": "text/html; charset=utf-8",
    "docs.css": "text/css; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "schema-view.js": "text/javascript; charset=utf-8",
}
_PATHS = {"index.html": "/", "docs.html": "/docs"}
"""Where pages are; any other file is at its name."""
_DOCUMENTS = ("openapi.json", "asyncapi.json")
_SHARED_MODULES = (
    "client.js",
    "fold.js",
    "entry-id.js",
    "feed.js",
    "participants.js",
    "segments.js",
    "session.js",
)


def routes() -> list[Route]:
    """One route a file. The files are read once, here."""
    files = [(name, _STRICT | {"Content-Type": kind}) for name, kind in _PAGE_FILES.items()]
    script = {"Content-Type": "text/javascript; charset=utf-8"}
    files += [(name, _STRICT | _SHARED | script) for name in _SHARED_MODULES]
    json = _STRICT | _SHARED | {"Content-Type": "application/json"}
    found = resources.files("hub.web")
    pages = [_route(name, headers, found.joinpath(name).read_bytes()) for name, headers in files]
    return pages + [_route(name, json, _document(name)) for name in _DOCUMENTS]


def _document(name: str) -> bytes:
    """A document without the spaces that are for those who read it in the repository."""
    return codec.encode(codec.decode(resources.files("schemas").joinpath(name).read_bytes()))


def _route(name: str, headers: dict[str, str], body: bytes) -> Route:
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = headers | {"ETag": tag}

    async def serve(request: Request) -> Response:
        if _matches(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers)

    return Route(_PATHS.get(name, f"/{name}"), serve, name=f"web:{name}")


def _matches(header: str, tag: str) -> bool:
    """Whether an `If-None-Match` names `tag` (RFC 9110, section 13.1.2: compared weakly)."""
    return any(part.strip().removeprefix("W/") in (tag, "*") for part in header.split(","))
