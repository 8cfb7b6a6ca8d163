"""Lua scripts: one file each, run by their hash."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError

from hub.store.client import Argument, Client


class Script:
    """A script with the prelude before it."""

    def __init__(self, name: str) -> None:
        folder = files("hub.store") / "scripts"
        prelude = (folder / "prelude.lua").read_text(encoding="utf-8")
        body = (folder / f"{name}.lua").read_text(encoding="utf-8")
        self.name = name
        self.source = (prelude + body).encode()
        self.sha = hashlib.sha1(self.source, usedforsecurity=False).hexdigest()

    def command(self, keys: Sequence[str], arguments: Sequence[Argument]) -> tuple[Argument, ...]:
        """The command that runs it, if the server knows it already."""
        return ("EVALSHA", self.sha, len(keys), *keys, *arguments)

    def teaching_command(self, keys: Sequence[str], arguments: Sequence[Argument]) -> tuple[Argument, ...]:
        """The command that runs it and teaches it to the server."""
        return ("EVAL", self.source, len(keys), *keys, *arguments)

    async def run(self, client: Client, keys: Sequence[str], arguments: Sequence[Argument] = ()) -> Any:
        """Run it; a server that does not know it (it is new, or was restarted) is taught first.

        Raises:
            Unavailable, StorageFull.
        """
        try:
            return await client.execute(*self.command(keys, arguments))
        except NoScriptError:
            # It has not run, so running it now cannot be the second time.
            return await client.execute(*self.teaching_command(keys, arguments))


APPEND = Script("append")
CREATE = Script("create")
LOAD = Script("load")
SAVE = Script("save")
HEADS = Script("heads")
HEARTBEAT = Script("heartbeat")
DUE = Script("due")
PRUNE = Script("prune")
LIST = Script("list")
