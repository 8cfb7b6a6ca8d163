"""Topics, as a program uses them."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from hub.client.http import Http
from hub.client.pages import pages
from schemas import codec
from schemas.directory import CreateTopic, Topic, TopicList, UpdateTopic


class Topics:
    """The topics of an organization; `Hub.topics`. Every method raises as those of `Hub` do."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def create(self, name: str, *, alias: str | None = None, language: str | None = None) -> Topic:
        """Make a topic."""
        said = CreateTopic(name=name, alias=alias, language=language)
        return await self._http.ask(Topic, "POST", "/v1/topics", body=codec.encode(said))

    async def get(self, topic_id: str) -> Topic:
        """A topic."""
        return await self._http.ask(Topic, "GET", _path(topic_id))

    async def update(self, topic_id: str, **said: Any) -> Topic:
        """Say a topic anew: fields of `schemas.directory.UpdateTopic`; what is left out stays."""
        body = codec.encode(UpdateTopic(**said))
        return await self._http.ask(Topic, "PATCH", _path(topic_id), body=body)

    async def delete(self, topic_id: str) -> None:
        """Delete a topic; sessions keep its id."""
        await self._http.send("DELETE", _path(topic_id))

    def all(self) -> AsyncIterator[Topic]:
        """All topics, newest first, fetched page by page."""
        return pages(self._http, TopicList, "/v1/topics", {})


def _path(topic_id: str) -> str:
    if not topic_id:
        raise ValueError("a topic id is not empty")
    return f"/v1/topics/{quote(topic_id, safe='')}"
