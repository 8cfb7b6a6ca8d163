"""Lua scripts: one file each, run by their hash."""

import hashlib
from collections.abc import Sequence
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
NOW = Script("now")
POSTPONE = Script("postpone")
EXPIRE = Script("expire", "facets")
MEETING = Script("meeting", "facets")
TOPIC = Script("topic")
SETS = Script("sets")
AFTER = Script("after")
ACCESS = Script("access")
JOB_ADD = Script("job_add")
JOB_CLAIM = Script("job_claim")
JOB_KEEP = Script("job_keep")
JOB_DONE = Script("job_done")
