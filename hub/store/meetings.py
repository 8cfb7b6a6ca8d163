"""The meetings of an organization."""

from msgspec import Struct, json
from msgspec.structs import asdict

from hub.store import layout, scripts
from hub.store.client import Client
from hub.store.register import fields, register_page
from schemas import codec, details, session
from schemas.directory import Meeting, MeetingList, PutMeeting

_contents = json.Decoder(PutMeeting)
_users = json.Decoder(session.User | None)


class Put(Struct, frozen=True):
    """What became of a meeting that was put."""

    meeting: Meeting
    new: bool
    """Neither it nor a session of it was there."""


class Meetings:
    """Meetings in Redis. One that sessions alone have named goes with the last of them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(
        self, organization: str, meeting_id: str, said: PutMeeting, user: details.User | None
    ) -> Put:
        """Say what a meeting is.

        Args:
            organization: Whose.
            meeting_id: Which; it need not be there.
            said: All that is said of it.
            user: Of whoever says so; kept of the first.

        Raises:
            Unavailable, StorageFull.
        """
        names = (layout.meeting_key(organization, meeting_id), *layout.index_keys(organization))
        arguments = (meeting_id, codec.encode(said), codec.encode(user))
        new, reply = await scripts.MEETING.run(self._client, names, arguments)
        return Put(_meeting(meeting_id, fields(reply)), bool(new))

    async def find(self, organization: str, meeting_id: str) -> Meeting | None:
        """A meeting; None if nobody has named it."""
        reply = await self._client.execute("HGETALL", layout.meeting_key(organization, meeting_id))
        return _meeting(meeting_id, fields(reply)) if reply else None

    async def page(self, organization: str, *, below: int | None, limit: int) -> MeetingList:
        """Meetings, newest first, from below a number on; at most `limit`."""
        register = layout.organization_keys(organization).meetings
        prefix = layout.meeting_key(organization, "-").removesuffix("-")
        page = await register_page(self._client, register, prefix, below=below, limit=limit)
        meetings = [_meeting(meeting_id, record) for meeting_id, record in page.records]
        return MeetingList(meetings, None if page.next is None else str(page.next), page.count)


def _meeting(meeting_id: str, record: dict[str, str]) -> Meeting:
    return Meeting(
        id=meeting_id,
        number=int(record["number"]),
        **asdict(_contents.decode(record.get("content", "{}"))),
        user=_users.decode(record.get("user", "null")),
        metadata_version=int(record["version"]),
        created_at=codec.timestamp(int(record["created"])),
        updated_at=codec.timestamp(int(record["updated"])),
    )
