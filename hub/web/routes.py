"""The routes of the page and its modules; the files travel inside the package."""

import hashlib
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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
"""For what pages of other origins may import: `client.js`, `fold.js` and what these import themselves."""

_PAGE_FILES = {
    "index.html": "text/html; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "elements.js": "text/javascript; charset=utf-8",
    "session-list.js": "text/javascript; charset=utf-8",
    "session-view.js": "text/javascript; charset=utf-8",
    "transcript-view.js": "text/javascript; charset=utf-8",
}
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
    """One route a file; `index.html` is served at `/`. The files are read once, here."""
    files = [(name, _STRICT | {"Content-Type": kind}) for name, kind in _PAGE_FILES.items()]
    script = {"Content-Type": "text/javascript; charset=utf-8"}
    files += [(name, _STRICT | _SHARED | script) for name in _SHARED_MODULES]
    return [_route(name, headers) for name, headers in files]


def _route(name: str, headers: dict[str, str]) -> Route:
    body = resources.files("hub.web").joinpath(name).read_bytes()
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = headers | {"ETag": tag}

    async def serve(request: Request) -> Response:
        if _matches(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers)

    path = "/" if name == "index.html" else f"/{name}"
    return Route(path, serve, name=f"web:{name}")


def _matches(header: str, tag: str) -> bool:
    """Whether an `If-None-Match` names `tag` (RFC 9110, section 13.1.2: compared weakly)."""
    return any(part.strip().removeprefix("W/") in (tag, "*") for part in header.split(","))
