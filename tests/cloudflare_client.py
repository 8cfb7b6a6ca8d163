"""The official client of a published session API, pointed at a hub: all of it, on real meetings.

    python tests/cloudflare_client.py meeting.vtt …

Each meeting is played into a hub, with a chat, a breakout room and reports of a connection. Then the package
`cloudflare` asks for it with all nine methods and every parameter, sync and async, and validates each answer
strictly; what it was told is compared with the file, and downloads are fetched without a key and read by
programs that did not write them. The exit code is 1 if anything differs.
"""

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

import httpx
from contract.api.asking import client, make_key, unique
from contract.compat.official import Asked
from contract.compat.played import Stage, played
from contract.compat.strictly import Checked
from servers import HubServer, RedisServer


def main() -> int:
    """Every file given."""
    parser = argparse.ArgumentParser(description="Ask with the official client.")
    parser.add_argument("files", nargs="+", type=Path)
    bad = False
    with tempfile.TemporaryDirectory() as folder:
        redis_server = RedisServer(Path(folder) / "redis")
        redis_server.start()
        try:
            with HubServer(Path(folder) / "hub", redis_server) as hub, client(hub, hub.key) as admin:
                for file in parser.parse_args().files:
                    organization = unique("org")
                    key = make_key(admin, organization, "publish", "subscribe", "manage")
                    with client(hub, key) as api, Asked.both(hub.url, organization, key) as clients:
                        bad |= _asked(file, played(api, organization, file), api, clients)
        finally:
            redis_server.close()
    return int(bad)


def _asked(file: Path, stage: Stage, api: httpx.Client, clients: dict[str, Asked]) -> bool:
    """Print what became of one meeting; whether it was bad."""
    bad = False
    for name, ask in clients.items():
        checked = Checked(ask, stage, api)
        try:
            checked.all()
            found = f"{len(checked.parameters)} parameters, {len(checked.downloads)} downloads: good"
        except AssertionError as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            bad, found = True, f"bad: {where.filename}:{where.lineno}: {where.line} {error}"
        print(
            f"{file.name} ({name}): {len(stage.lines)} lines of {len(stage.people)} people, {found}",
            flush=True,
        )
    return bad


if __name__ == "__main__":
    sys.exit(main())
