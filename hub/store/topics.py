"""The topics of an organization."""

from collections.abc import Mapping

from hub.store import layout, scripts
from hub.store.client import Client, raised
from hub.store.register import fields, register_page
from schemas import codec
from schemas.directory import Topic, TopicList


class Topics:
    """Topics in Redis. Sessions keep the id of one that is deleted."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, organization: str, topic_id: str, said: Mapping[str, str | None]) -> Topic:
        """Make a topic.

        Args:
            organization: Whose.
            topic_id: A new id.
            said: `name`, and perhaps `alias` and `language`.

        Raises:
            Unavailable, StorageFull.
        """
        return _topic(topic_id, await self._said(organization, topic_id, said, new=True))

    async def update(self, organization: str, topic_id: str, said: Mapping[str, str | None]) -> Topic | None:
        """Say a topic anew, None taking away; None if there is no such topic.

        Raises:
            Unavailable, StorageFull.
        """
        record = await self._said(organization, topic_id, said, new=False)
        return _topic(topic_id, record) if record else None

    async def _said(
        self, organization: str, topic_id: str, said: Mapping[str, str | None], *, new: bool
    ) -> dict[str, str]:
        keys = layout.organization_keys(organization)
        names = (layout.topic_key(organization, topic_id), keys.topics, keys.numbers)
        content = [part for name, value in said.items() for part in (name, value or "")]
        return fields(await scripts.TOPIC.run(self._client, names, (topic_id, "1" if new else "", *content)))

    async def find(self, organization: str, topic_id: str) -> Topic | None:
        """A topic; None if there is no such."""
        reply = await self._client.execute("HGETALL", layout.topic_key(organization, topic_id))
        return _topic(topic_id, fields(reply)) if reply else None

    async def numbered(self, organization: str, number: int) -> Topic | None:
        """The topic with a number; None if there is no such topic."""
        register = layout.organization_keys(organization).topics
        found = await self._client.execute("ZRANGEBYSCORE", register, number, number)
        return await self.find(organization, found[0].decode()) if found else None

    async def page(self, organization: str, *, below: int | None, limit: int) -> TopicList:
        """Topics, newest first, from below a number on; at most `limit`."""
        register = layout.organization_keys(organization).topics
        prefix = layout.topic_key(organization, "-").removesuffix("-")
        page = await register_page(self._client, register, prefix, below=below, limit=limit)
        topics = [_topic(topic_id, record) for topic_id, record in page.records]
        return TopicList(topics, None if page.next is None else str(page.next), page.count)

    async def delete(self, organization: str, topic_id: str) -> bool:
        """Forget a topic; whether there was one."""
        keys = layout.organization_keys(organization)
        commands = (("ZREM", keys.topics, topic_id), ("UNLINK", layout.topic_key(organization, topic_id)))
        _removed, deleted = raised(await self._client.pipeline(commands))
        return bool(deleted)


def _topic(topic_id: str, record: dict[str, str]) -> Topic:
    return Topic(
        id=topic_id,
        number=int(record["number"]),
        name=record["name"],
        alias=record.get("alias"),
        language=record.get("language"),
        created_at=codec.timestamp(int(record["created"])),
        updated_at=codec.timestamp(int(record["updated"])),
    )
