"""Replay WebVTT files to subscribers that cut their connections at random, and judge every one of them.

    python tests/deliver.py meeting.vtt … [--sse 20] [--websocket 20] [--cuts 100] [--seed TEXT]
                                          [--plant loss|duplicate|swap]

Each file is replayed at full speed, again until every kind of cut was made `--cuts` times: inside the replay
of old entries, and at the seam to live. What should have been delivered is read from Redis. With `--plant`,
one recording is spoilt: the verdict must then be bad. The exit code is 1 if anything is wrong.
"""

import argparse
import secrets
import tempfile
import time
from pathlib import Path

from delivery.run import deliver
from servers import HubServer, RedisServer


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Judge deliveries to subscribers that cut their connections."
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--sse", type=int, default=20)
    parser.add_argument("--websocket", type=int, default=20)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--plant", choices=("loss", "duplicate", "swap"))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    bad = False
    with tempfile.TemporaryDirectory() as folder:
        redis_server = RedisServer(Path(folder) / "redis")
        redis_server.start()
        hub = HubServer(Path(folder) / "hub", redis_server)
        hub.start()
        try:
            for file in options.files:
                began = time.monotonic()
                verdict = deliver(
                    hub,
                    redis_server,
                    file,
                    sse=options.sse,
                    websocket=options.websocket,
                    cuts=options.cuts,
                    seed=options.seed,
                    plant=options.plant,
                )
                print(
                    f"{file.name}: {verdict.rounds} rounds, {verdict.entries} entries, "
                    f"{verdict.delivered} delivered, {verdict.cuts['replay']} cuts in a replay, "
                    f"{verdict.cuts['seam']} at the seam, {time.monotonic() - began:.1f} s: "
                    f"{'BAD' if verdict.complaints else 'good'}"
                )
                for complaint in verdict.complaints[:10]:
                    print(f"  {complaint}")
                bad = bad or bool(verdict.complaints)
        finally:
            hub.stop()
            redis_server.close()
    return int(bad)


if __name__ == "__main__":
    raise SystemExit(main())
