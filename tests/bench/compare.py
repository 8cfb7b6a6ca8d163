"""Compare the hub with others at the same work, in one run, alternating.

    python tests/bench/compare.py [SCENARIO…] [--rounds 5] [--seconds 5] [--subscribers 1000] [--quick]
                                  [--json FILE] [--chart FILE.svg] [--from FILE]

The hub and its peers each run on one core, Redis and the load on another. In each round everyone takes one
turn, and ratios are taken within a round, as the machine may be faster in one than in the next. The load are
the raw sockets of `hub bench`, the same for all; a frame has 230 bytes. What is compared:

- the hub: authorised, validated, kept in Redis, folded; over SSE and WebSocket;
- `limit.c`: a C program that only calls send(), with one frame in each or as many as the hub's writes had;
- Nchan: nginx with one worker, messages in memory; one publisher;
- `peer_sse.py`: sse-starlette with a queue for each subscriber, through the same Redis; one publisher.

Who is not installed is named and left out. The scenarios: fanout-1, fanout-2, fanout-64 (by the number of
publishers), and of the hub alone those of `tests/bench/scenarios.py`; by default all. `--from` reads what
`--json` wrote in place of measuring.
"""

import argparse
import os
import platform
import resource
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# The hub that is compared is the one of this tree, wherever another one is installed.
sys.path[:1] = [str(TESTS), str(TESTS.parent)]
os.environ["PYTHONSAFEPATH"] = "1"
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(TESTS.parent), os.environ.get("PYTHONPATH"))))

import msgspec  # noqa: E402 - only now is it known where to import from
from msgspec import structs  # noqa: E402

from bench import chart, report  # noqa: E402
from bench.fanout import Setting, one_round  # noqa: E402
from bench.results import Comparison  # noqa: E402
from bench.scenarios import QUICK, SCENARIOS, Place, Sizes  # noqa: E402

FAN_OUT = {"fanout-1": 1, "fanout-2": 2, "fanout-64": 64}


def main() -> int:
    options = _options()
    if options.earlier is not None:
        comparison = msgspec.json.decode(options.earlier.read_bytes(), type=Comparison)
    else:
        comparison = _measured(options)
    print(
        "\n" + "\n\n".join(part for part in (report.fan_out(comparison), report.others(comparison)) if part)
    )
    for name, why in comparison.skipped.items():
        print(f"\nleft out: {report.NAMES[name]}: there is no {why}")
    if options.json is not None:
        found = msgspec.to_builtins(comparison) | report.summary(comparison)
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    if options.chart is not None:
        options.chart.write_text(chart.drawn(comparison))
    return 0


def _options() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [*FAN_OUT, *SCENARIOS]
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(names)}; default: all"
    )
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="for how long is published")
    parser.add_argument("--subscribers", type=int, help="of the fan-out")
    parser.add_argument("--quick", action="store_true", help="one small round, to see that all works")
    parser.add_argument("--json", type=Path, help="write all that was measured")
    parser.add_argument("--chart", type=Path, help="draw the fan-out")
    parser.add_argument("--from", type=Path, dest="earlier", help="what --json wrote, in place of measuring")
    options = parser.parse_args()
    unknown = set(options.scenarios) - set(names)
    if unknown:
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}")
    options.scenarios = options.scenarios or names
    usual = (1, 1.0, 100) if options.quick else (5, 5.0, 1000)
    options.rounds, options.seconds, options.subscribers = (
        default if given is None else given
        for given, default in zip((options.rounds, options.seconds, options.subscribers), usual, strict=True)
    )
    return options


def _measured(options: argparse.Namespace) -> Comparison:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("one core is for the server, another for the load: this machine allows one only")
    server_core, load_core = cores[:2]
    os.sched_setaffinity(0, {load_core})
    # A server has a file for each subscriber, and inherits what is allowed here.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    setting = Setting(server_core, load_core, options.subscribers, options.seconds)
    sizes = structs.replace(
        QUICK if options.quick else Sizes(), subscribers=options.subscribers, seconds=options.seconds
    )
    comparison = Comparison(
        machine={"cpu": _processor(), "cores": os.cpu_count(), "system": platform.platform()},
        options={name: getattr(options, name) for name in ("rounds", "seconds", "subscribers", "quick")},
        sizes=msgspec.to_builtins(sizes),
    )
    publishers = [FAN_OUT[name] for name in options.scenarios if name in FAN_OUT]
    others = [name for name in SCENARIOS if name in options.scenarios]
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", flush=True)
        found = {}
        if publishers:
            with tempfile.TemporaryDirectory() as folder:
                found, skipped = one_round(
                    publishers,
                    Path(folder),
                    setting,
                    lambda name, run: print(report.line(name, run), flush=True),
                )
            comparison.skipped |= skipped
        comparison.rounds.append(found)
        for name in others:
            with tempfile.TemporaryDirectory() as folder:
                seen = SCENARIOS[name].measure(Place(Path(folder), (server_core, load_core), sizes))
            comparison.scenarios.setdefault(name, []).append(seen)
            print(f"  {name}: {report.figures(name, [seen])}", flush=True)
    return comparison


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    raise SystemExit(main())
