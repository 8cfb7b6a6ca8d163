"""Checkpoints: the fold's state and the assembled transcript, kept beside the stream.

They make reads cost the same however long a session is. A checkpoint reflects a prefix of the stream; it is
written with its transcript pages by compare-and-set, so one folded from entries that the store has lost, or
older than what is there, is never kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from hub.core.fold import State, initial
from hub.core.transcript import PAGE, Segment
from hub.store import layout, scripts
from hub.store.client import Client, raised, unknown_script
from hub.store.scripts import Call
from hub.store.wire import Argument
from schemas import codec, session

FOLD = 3
"""Grows when the fold makes another state of the same entries: what was written down before is built anew."""

TOGETHER = 10
"""Sessions read by one command: a checkpoint may have megabytes, and others wait meanwhile."""

_states = msgspec.json.Decoder(State)
_pages = msgspec.json.Decoder(list[Segment])


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it was last written down, and what has been appended since."""

    run: str
    """The server's incarnation while this was read."""
    meta: dict[str, str]
    """Of the session: `head`, `status`, `phase`, …"""
    state: State
    """What was written down; the initial state if nothing was."""
    prefix: str
    """Identifies what was written down, for compare-and-set."""
    has_pages: bool = True
    """The transcript pages that are there belong to `state`."""

    @property
    def deleted(self) -> bool:
        """The session is about to be gone."""
        return self.meta.get("phase") == "deleted"


class Checkpoints:
    """Read and write checkpoints."""

    def __init__(self, client: Client, *, feed_kept: int) -> None:
        self._client = client
        self._feed_kept = feed_kept

    async def load(self, organization: str, session_id: str) -> Checkpoint | None:
        """The checkpoint of a session; None if there is no such session."""
        return (await self.load_many(organization, (session_id,)))[0]

    async def load_many(self, organization: str, session_ids: Sequence[str]) -> list[Checkpoint | None]:
        """The checkpoints of sessions, in one round trip."""
        calls: list[Call] = []
        for first in range(0, len(session_ids), TOGETHER):
            names: list[str] = []
            for session_id in session_ids[first : first + TOGETHER]:
                keys = layout.session_keys(organization, session_id)
                names += (keys.meta, keys.state)
            calls.append(scripts.LOAD.call(names))
        replies = await self._client.exchange([call.command() for call in calls])
        if any(map(unknown_script, replies)):
            replies = await self._client.exchange([call.teaching_command() for call in calls])
        read: list[tuple[bytes, Sequence[bytes], bytes]] = []
        for run, *found in raised(replies):
            read += ((run, *pair) for pair in zip(found[::2], found[1::2], strict=True))
        return [_checkpoint(session_id, *one) for session_id, one in zip(session_ids, read, strict=True)]

    async def pages(
        self, organization: str, base: Checkpoint, numbers: Iterable[int] | None = None
    ) -> dict[int, Segment]:
        """Assembled segments by position, of some pages of the transcript or of all; as of `base`."""
        if not base.has_pages:
            return {}
        key = layout.session_keys(organization, base.state.session_id).transcript
        if numbers is None:
            raw: list[bytes | None] = await self._client.execute("HVALS", key)
        else:
            wanted = sorted(numbers)
            raw = await self._client.execute("HMGET", key, *wanted) if wanted else []
        segments = (segment for page in raw if page for segment in _pages.decode(page))
        return {segment.position: segment for segment in segments}

    async def save(
        self,
        organization: str,
        base: Checkpoint,
        state: State,
        *,
        segments: Mapping[int, Segment],
        dirty: Iterable[int],
        counts: Mapping[str, Any] | None,
    ) -> str:
        """Write a checkpoint if `base` is still what is there.

        Args:
            organization: Whose session it is.
            base: What `state` was folded from.
            state: What to write.
            segments: By position; all those on dirty pages.
            dirty: Pages to write.
            counts: What to tell the feed, if the counts have changed.

        Returns:
            `ok`, or why nothing was written: `overtaken`, `run` (another incarnation), `gone`.
        """
        keys = layout.session_keys(organization, state.session_id)
        written = f"{base.run}|{state.entry_id}|{FOLD}|".encode() + codec.encode(state)
        arguments: list[Argument] = [
            base.run,
            base.prefix,
            written,
            state.session_id,
            str(state.entry_id),
            codec.encode(counts) if counts else b"",
            self._feed_kept,
            state.present,
            state.total_count,
        ]
        for page in sorted(dirty):
            on_page = [
                segments[position]
                for position in range(page * PAGE, (page + 1) * PAGE)
                if position in segments
            ]
            arguments += (page, codec.encode(on_page))
        shared = layout.organization_keys(organization)
        names = (
            keys.meta,
            keys.state,
            keys.transcript,
            shared.feed,
            shared.minutes,
            shared.figures,
        )
        return (await scripts.SAVE.run(self._client, names, arguments)).decode()


def _checkpoint(session_id: str, run: bytes, fields: Sequence[bytes], written: bytes) -> Checkpoint | None:
    if not fields:
        return None
    meta = {k.decode(): v.decode() for k, v in zip(fields[::2], fields[1::2], strict=True)}
    if not written:
        return Checkpoint(run=run.decode(), meta=meta, state=initial(session_id), prefix="")
    writer, entry_id, version, state = written.split(b"|", 3)
    prefix = f"{writer.decode()}|{entry_id.decode()}|"
    if version != b"%d" % FOLD:
        # The stream is the truth, and what another fold made of it may lack what this one knows.
        state = initial(session_id)
        return Checkpoint(run=run.decode(), meta=meta, state=state, prefix=prefix, has_pages=False)
    return Checkpoint(run=run.decode(), meta=meta, state=_states.decode(state), prefix=prefix)


def counts_data(state: State) -> dict[str, Any]:
    """The data of `session.counts`."""
    counts = session.Counts(live=state.live_count, peak=state.peak_count, total=state.total_count)
    return {
        "participant_counts": counts,
        "segment_count": state.segment_count,
        "minutes_consumed": state.present / 60_000,
    }
