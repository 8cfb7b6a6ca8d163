"""The documents, tried at length: what the tests of every change leave out.

    python tests/documented.py [--count 200] [--seed 1]

schemathesis asks a hub for every operation of the OpenAPI documents, the hub's own and those of the published
systems, so often, with what fits and with what does not: each must reach a success, and nothing may be
answered that is not documented. Then the AsyncAPI document is parsed by `@asyncapi/parser`, which npm puts
into a temporary folder; without npm or network that is left out, and said so. The exit code is 1 if anything
is wrong.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from contract.api.asking import client, make_key, unique
from documents.found import OPERATIONS
from documents.generated import NativeTrial, Trial
from documents.grounds import staged
from documents.system_trial import SystemTrial
from documents.written import SCHEMAS
from servers import HubServer, RedisServer

from hub.compat.systems import SYSTEMS

PARSER = "@asyncapi/parser@3"
PARSE = Path(__file__).parent / "documents" / "parse.mjs"
PATIENCE = 300
"""Seconds for npm."""


def asked(folder: Path, count: int, seed: int) -> int:
    """Ask for every operation; how many are not as documented."""
    redis_server = RedisServer(folder / "redis")
    redis_server.start()
    try:
        with HubServer(folder / "hub", redis_server) as hub, client(hub, hub.key) as operator:
            organization = unique("org")
            key = make_key(operator, organization, "admin")
            with client(hub, key) as admin:
                wrong = _all(NativeTrial(hub.url, admin, key), OPERATIONS, count, seed)
                ground = staged(hub.url, admin, key)
                for system in SYSTEMS:
                    print(f"{system.base}:")
                    names = [one.name for one in system.operations]
                    wrong += _all(SystemTrial(system, admin, ground), names, count, seed)
                return wrong
    finally:
        redis_server.close()


def _all(trial: Trial, names: Iterable[str], count: int, seed: int) -> int:
    wrong = 0
    for name in names:
        began = time.monotonic()
        try:
            tried = trial.run(name, count, seed)
        except Exception as error:
            wrong += 1
            print(f"{name}: {error}")
            continue
        statuses = ", ".join(f"{status}: {times}" for status, times in sorted(tried.statuses.items()))
        wrong += not tried.reached
        verdict = "" if tried.reached else " NO SUCCESS"
        print(f"{name:24} {time.monotonic() - began:6.1f} s  {statuses}{verdict}", flush=True)
    trial.close()
    return wrong


def parsed(folder: Path) -> bool:
    """Parse the AsyncAPI document; whether nothing is wrong with it."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        print("asyncapi.json: left out, as there is no npm")
        return True
    install = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", PARSER]
    try:
        subprocess.run(install, check=True, capture_output=True, timeout=PATIENCE)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        print(f"asyncapi.json: left out, as npm could not install {PARSER}")
        return True
    command = [node, str(PARSE), str(folder / "node_modules"), str(SCHEMAS / "asyncapi.json")]
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    print(f"asyncapi.json: {(result.stdout + result.stderr).strip()}")
    return result.returncode == 0


def main() -> int:
    """Run what was asked for; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200, help="cases of each kind of each operation")
    parser.add_argument("--seed", type=int, default=1, help="other cases with another one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="documented-") as name:
        folder = Path(name)
        wrong = asked(folder, options.count, options.seed)
        return 0 if parsed(folder) and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
