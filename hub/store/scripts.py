"""Lua scripts: one file each, run by their hash."""

import hashlib
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from hub.store.client import Client, failure, unknown_script
from hub.store.wire import Argument, packed


class Script:
    """A script with the prelude before it.

    Args:
        name: Of its file.
        shared: What is put before it too: `facets` if it keeps the indexes of sessions, `dispatch` if it
            changes who works on them.
    """

    def __init__(self, name: str, *shared: str) -> None:
        folder = files("hub.store") / "scripts"
        parts = ("prelude", *shared, name)
        self.name = name
        self.source = b"".join((folder / f"{part}.lua").read_bytes() for part in parts)
        self.sha = hashlib.sha1(self.source, usedforsecurity=False).hexdigest()

    def call(self, keys: Sequence[str], arguments: Sequence[Argument] = ()) -> "Call":
        """A call of it."""
        parts = (len(keys), *keys, *arguments)
        _count, _, tail = packed(parts).partition(b"\n")
        return Call(self, len(parts), tail)

    async def run(self, client: Client, keys: Sequence[str], arguments: Sequence[Argument] = ()) -> Any:
        """Run it; a server that does not know it (it is new, or was restarted) is taught first.

        Raises:
            Unavailable, StorageFull.
        """
        call = self.call(keys, arguments)
        (reply,) = await client.exchange((call.command(),))
        if unknown_script(reply):
            # It has not run, so running it now cannot be the second time.
            (reply,) = await client.exchange((call.teaching_command(),))
        if isinstance(reply, Exception):
            raise failure(reply) or reply
        return reply

    async def run_each(
        self, client: Client, calls: Iterable[tuple[Sequence[str], Sequence[Argument]]]
    ) -> list[Any]:
        """Run it with each of several keys and arguments in one round trip; the failure of one is its reply.

        Raises:
            Unavailable: nothing is known of any of them.
        """
        made = [self.call(*one) for one in calls]
        replies = await client.exchange([call.command() for call in made])
        unknown = [at for at, reply in enumerate(replies) if unknown_script(reply)]
        if unknown:
            taught = await client.exchange([made[at].teaching_command() for at in unknown])
            for at, reply in zip(unknown, taught, strict=True):
                replies[at] = reply
        return replies


class Call(NamedTuple):
    """A call of a script, packed but for how the server is to find the script."""

    script: Script
    parts: int
    """How many there are in `tail`."""
    tail: bytes
    """The number of keys, the keys and the arguments, packed."""

    def command(self) -> bytes:
        """The command that runs it, if the server knows the script already."""
        head = b"*%d\r\n$7\r\nEVALSHA\r\n$40\r\n%b\r\n" % (self.parts + 2, self.script.sha.encode())
        return head + self.tail

    def teaching_command(self) -> bytes:
        """The command that runs it and teaches the script to the server."""
        source = self.script.source
        head = b"*%d\r\n$4\r\nEVAL\r\n$%d\r\n%b\r\n" % (self.parts + 2, len(source), source)
        return head + self.tail


APPEND = Script("append", "facets", "dispatch")
CREATE = Script("create", "facets", "dispatch")
LOAD = Script("load")
SAVE = Script("save")
HEADS = Script("heads")
HEARTBEAT = Script("heartbeat", "dispatch")
PUT_BACK = Script("put_back", "dispatch")
DEADLINES = Script("deadlines")
POSTPONE = Script("postpone")
DUE = Script("due")
EXPIRE = Script("expire", "facets")
MEETING = Script("meeting", "facets")
TOPIC = Script("topic")
SETS = Script("sets")
AFTER = Script("after")
JOB_ADD = Script("job_add")
JOB_CLAIM = Script("job_claim")
JOB_KEEP = Script("job_keep")
JOB_DONE = Script("job_done")
