"""The static files: what they are sent with."""

import asyncio
import json
import re
from importlib import resources

import httpx
import pytest
from starlette.applications import Starlette

from hub.web import routes

SHARED = ["/client.js", "/fold.js"]


class Site:
    """The routes, asked without a server."""

    def __init__(self) -> None:
        self._transport = httpx.ASGITransport(Starlette(routes=routes()))

    def get(self, path: str, **headers: str) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, headers))

    def head(self, path: str) -> httpx.Response:
        return asyncio.run(self._ask("HEAD", path, {}))

    async def _ask(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=self._transport, base_url="http://hub.test") as client:
            return await client.request(method, path, headers=named)


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def test_every_file_is_served(site: Site) -> None:
    names = {entry.name for entry in resources.files("hub.web").iterdir()}
    files = {name for name in names if name.endswith((".js", ".css", ".html"))}
    pages = {"index.html": "/", "docs.html": "/docs"}
    documents = {"/openapi.json", "/asyncapi.json"}
    assert {route.path for route in routes()} == {pages.get(name, f"/{name}") for name in files} | documents


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
def test_a_document_is_the_committed_one(site: Site, name: str) -> None:
    answer = site.get(f"/{name}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == json.loads(resources.files("schemas").joinpath(name).read_bytes())


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/docs", "text/html"), ("/style.css", "text/css"), ("/page.js", "text/javascript")]
    + [(path, "text/javascript") for path in SHARED],
)
def test_headers(site: Site, path: str, kind: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
    assert "unsafe" not in policy
    assert ("access-control-allow-origin" in answer.headers) is (path in SHARED)
    assert ("cross-origin-resource-policy" in answer.headers) is (path in SHARED)


def test_head_has_the_same_headers(site: Site) -> None:
    assert site.head("/client.js").headers == site.get("/client.js").headers


@pytest.mark.parametrize("header", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
def test_unchanged_file_is_not_sent_again(site: Site, header: str) -> None:
    tag = site.get("/").headers["etag"]
    answer = site.get("/", if_none_match=header.format(tag=tag))
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == tag
    assert "content-security-policy" in answer.headers


def test_changed_file_is_sent(site: Site) -> None:
    assert site.get("/", if_none_match='"other"').status_code == 200


def test_what_others_import_may_be_imported_by_them(site: Site) -> None:
    waiting, seen = list(SHARED), set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = site.get(path)
        assert answer.headers["access-control-allow-origin"] == "*", path
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin", path
        waiting += [f"/{name}" for name in re.findall(r'from "\./([^"]+)"', answer.text)]
    assert len(seen) > len(SHARED)


def test_page_loads_nothing_from_elsewhere(site: Site) -> None:
    # What the documents show as examples is not loaded.
    for route in (route for route in routes() if not route.path.endswith(".json")):
        for url in re.findall(r"https?://[\w.-]+", site.get(route.path).text):
            assert url in {"http://www.w3.org", "https://hub.example.org"}, route.path
