"""`hub bench` against a real hub: small sizes, exact counts."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest
from msgspec import structs
from servers import HubServer, free_port, wait_until
from typer.testing import CliRunner

from hub.bench.crew import allow_files
from hub.bench.errors import BenchError
from hub.bench.load import Load, load, processes
from hub.bench.progress import Display
from hub.bench.readers import Window
from hub.bench.report import Report, table
from hub.bench.rig import Rig
from hub.bench.usage import Usage, parse
from hub.cli import app


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        assert self.code == 0, self.stderr
        return json.loads(self.stdout)


@pytest.fixture
def environ(hub_server: HubServer, key: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return kept | {"HUB_URL": hub_server.url, "HUB_API_KEY": key, "PYTHONWARNINGS": "error"}


@pytest.fixture
def bench(environ: dict[str, str]) -> Callable[..., Done]:
    def run(*arguments: str) -> Done:
        result = CliRunner().invoke(app, ["bench", *arguments], env={**environ, "HUB_DATA_DIR": "/nowhere"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def measure(bench: Callable[..., Done], api: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Run a scenario; what holds of each is asserted."""

    def run(*arguments: str) -> dict[str, Any]:
        report = bench(*arguments, "--json").report
        assert set(report) == {field.name for field in structs.fields(Report)}
        assert report["scenario"] == arguments[0]
        assert report["complete"] is (None if report["deliveries"] is report["connections"] is None else True)
        # Of a busy machine, and of a hub that other tests have used.
        known = ("the load generator may be the limit", "the hub used memory again")
        assert [note for note in report["notes"] if not note.startswith(known)] == []
        # Of a moment it may be 0: the system counts in hundredths of a second.
        assert report["hub_cpu_cores"] is not None
        assert report["hub_memory_bytes"] > 1e6
        assert api.get("/v1/sessions").json()["data"] == []
        return report

    return run


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_fanout(measure: Callable[..., dict[str, Any]], transport: str) -> None:
    sizes = ["--subscribers", "7", "--publishers", "2", "--seconds", "0.5", "--processes", "2"]
    report = measure("fanout", *sizes, "--transport", transport)
    assert report["connections"] == 7
    assert report["events"] > 0
    assert report["deliveries"] == report["expected"] == 7 * report["events"]
    assert report["refused"] == 0
    assert report["entries_per_write"] >= 1
    assert 0 < report["latency_ms"]["p50"] <= report["latency_ms"]["max"] < 30_000
    assert 0 < report["publish_ms"]["p50"] <= report["publish_ms"]["p99"]


def test_events_evenly_over_sessions(measure: Callable[..., dict[str, Any]]) -> None:
    report = measure("sessions", "--sessions", "5", "--rate", "4", "--seconds", "1", "--publishers", "3")
    assert report["connections"] == 10
    # 20 a second for a second; how many fall into it depends on what a moment is.
    assert 15 <= report["events"] <= 21
    assert report["deliveries"] == 2 * report["events"]
    assert report["burst_ms"] is None


def test_bursts_over_sessions(measure: Callable[..., dict[str, Any]]) -> None:
    report = measure("sessions", "--sessions", "5", "--burst")
    assert report["events"] == 5 * 5
    assert report["deliveries"] == 5 * 5 * 2
    assert report["burst_ms"]["n"] == 5


@pytest.mark.parametrize("over", ["http", "ndjson", "websocket"])
def test_ingest_of_batches(measure: Callable[..., dict[str, Any]], over: str) -> None:
    sizes = ["--connections", "3", "--batch", "10", "--watched", "2", "--seconds", "0.3"]
    report = measure("ingest", "--over", over, *sizes)
    assert report["options"]["sessions"] == 2
    assert report["events"] > 0
    assert report["events"] % 10 == 0
    assert report["deliveries"] == report["events"]


def test_ingest_of_single_events(measure: Callable[..., dict[str, Any]]) -> None:
    report = measure("ingest", "--connections", "2", "--sessions", "3", "--seconds", "0.3")
    assert report["events"] > 0
    assert report["deliveries"] is None


def test_latency_of_each_subscriber(measure: Callable[..., dict[str, Any]]) -> None:
    report = measure("latency", "--subscribers", "9", "--rate", "20", "--seconds", "0.6", "--processes", "2")
    first, median, last = (report[f"{which}_ms"] for which in ("first", "median", "last"))
    assert first["n"] == median["n"] == last["n"] == report["events"] > 5
    assert 0 < first["p50"] <= median["p50"] <= last["p50"]
    assert last["max"] == report["latency_ms"]["max"]
    assert report["latency_ms"]["n"] == report["deliveries"] == 9 * report["events"]


def test_idle_streams_of_both_kinds(measure: Callable[..., dict[str, Any]]) -> None:
    report = measure("idle", "--connections", "41", "--transport", "both", "--seconds", "0.3")
    assert report["connections"] == 41
    assert report["bytes_per_connection"] is not None
    assert report["open_seconds"] > 0


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_a_storm_of_resumes(measure: Callable[..., dict[str, Any]], transport: str) -> None:
    sizes = ["--subscribers", "10", "--sessions", "3", "--rate", "20", "--seconds", "0.3"]
    report = measure("storm", *sizes, "--transport", transport)
    assert report["missed"] == 6
    assert report["events"] == 3 * 6
    assert report["deliveries"] == report["expected"] == 10 * 6
    assert report["catch_up_ms"]["n"] == 10


def test_the_table_is_for_people(bench: Callable[..., Done]) -> None:
    done = bench("ingest", "--connections", "1", "--sessions", "1", "--seconds", "0.2")
    assert done.code == 0, done.stderr
    assert done.stdout.startswith("ingest: connections 1, sessions 1, batch 1, over http")
    assert "publish to acknowledgement  p50 " in done.stdout
    assert "n/a" not in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope"], "is not one of"),
        (["fanout", "--subscribers", "0"], "Invalid value for '--subscribers'"),
        (["fanout", "--seconds", "601"], "Invalid value for '--seconds'"),
        (["fanout", "--size", "10"], "Invalid value for '--size'"),
        (["fanout", "--transport", "carrier"], "Invalid value for '--transport'"),
        (["fanout", "--transport", "both"], "--transport both is for `idle` only"),
        (["fanout", "--batch", "2"], "--batch means nothing to `fanout` (only to ingest)"),
        (["idle", "--burst"], "--burst means nothing to `idle` (only to sessions)"),
        (["ingest", "--batch", "500", "--size", "60000"], "--batch times --size is more than"),
        (["ingest", "--watched", "2", "--sessions", "2"], "leave out --sessions"),
        (["fanout", "--url", "hub.example"], "--url must begin with http"),
    ],
)
def test_wrong_usage_is_2(bench: Callable[..., Done], arguments: list[str], says: str) -> None:
    done = bench(*arguments)
    assert (done.code, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_hub_that_is_away_is_1(bench: Callable[..., Done]) -> None:
    done = bench("fanout", "--url", f"http://127.0.0.1:{free_port()}")
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "is it running?" in done.stderr


def test_a_key_that_is_refused_is_1(bench: Callable[..., Done]) -> None:
    done = bench("latency", "--key", "sk_a_b")
    assert done.code == 1
    assert "pass a valid key" in done.stderr


def test_more_connections_than_files_is_1(bench: Callable[..., Done], api: httpx.Client) -> None:
    done = bench("storm", "--subscribers", "200000", "--url", str(api.base_url).rstrip("/"))
    assert done.code == 1
    assert done.stderr.startswith("hub: 200000 connections")
    assert api.get("/v1/sessions").json()["data"] == []


def test_more_files_than_allowed_is_told() -> None:
    with pytest.raises(BenchError, match=r"need \d+ open files and \d+ are allowed: use more --processes"):
        allow_files(1 << 40)


def interrupt(process: subprocess.Popen[str]) -> None:
    """As a terminal does: all processes of the group get it."""
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.parametrize("end", [interrupt, subprocess.Popen.terminate])
def test_what_was_made_is_deleted_after_the_signal_to_end(
    environ: dict[str, str], api: httpx.Client, end: Callable[[subprocess.Popen[str]], None]
) -> None:
    command = [sys.executable, "-m", "hub", "bench", "fanout", "--subscribers", "3", "--seconds", "60"]
    process = subprocess.Popen(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:

        def published() -> bool:
            found = api.get("/v1/sessions").json()["data"]
            return bool(found) and int(found[0]["last_entry_id"].partition("-")[2]) > 20

        wait_until(published, "events come")
        end(process)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, errors) == (130, "")
    assert api.get("/v1/sessions").json()["data"] == []


def test_a_hub_without_metrics_is_told_as_such() -> None:
    nothing = parse("", 1.0)
    assert nothing == Usage(1.0)
    assert nothing.cores(nothing) is nothing.entries_a_write(nothing) is nothing.memory_since(nothing) is None
    wanted = load("idle", 1, {})
    report = Report(scenario="idle", url="http://hub.example", options=wanted.options, connections=3)
    shown = table(report)
    names, values = (list(column.cells) for column in shown.columns)
    assert dict(zip(names, values, strict=True)) == {
        "streams": "3",
        "hub memory a connection": "n/a",
        "hub memory": "n/a",
        "hub CPU": "n/a",
    }


def test_metrics_of_several_workers_are_added_up() -> None:
    text = """# TYPE hub_deliveries counter
hub_deliveries_total{worker="0"} 10.0
hub_deliveries_total{worker="1"} 30.0
hub_writes_total 8.0
process_cpu_seconds_total 1.5
process_resident_memory_bytes 1e+06
hub_publishes_total{outcome="ok"} 7.0
"""
    now = parse(text, 5.0)
    assert now == Usage(5.0, cpu=1.5, memory=1e6, deliveries=40.0, writes=8.0)
    before = Usage(2.0, cpu=0.0, memory=4e5, deliveries=0.0, writes=0.0)
    assert now.cores(before) == 0.5
    assert now.entries_a_write(before) == 5.0
    assert now.memory_since(before) == 6e5


def window(**fields: Any) -> Window:
    seen = {"seconds": 1.0, "deliveries": 10, "bytes": 0, "reads": 1, "least": 5, "most": 5, "ended": 0}
    seen |= {"cpu": 0.1, "busy": 0.1, "latency": None, "arrivals": {}}
    return Window(**(seen | fields))


def rig() -> Rig:
    wanted = Load(scenario="fanout", processes=1)
    return Rig("http://127.0.0.1:9", "sk_a_b", wanted, Display())


def test_the_load_generator_says_when_it_was_the_limit() -> None:
    calm, busy = rig(), rig()
    calm.tell_read(window(busy=0.89), 10)
    busy.tell_read(window(busy=0.9), 10)
    assert (calm.report.generator_is_limit, calm.report.notes) == (False, [])
    assert busy.report.generator_is_limit
    assert "the load generator may be the limit" in busy.report.notes[0]


@pytest.mark.parametrize("fields", [{"deliveries": 9}, {"deliveries": 11}, {"ended": 1}])
def test_what_is_missing_is_told(fields: dict[str, Any]) -> None:
    one = rig()
    one.tell_read(window(**fields), 10)
    assert one.report.complete is False
    assert one.report.notes


def test_processes_leave_room_for_the_hub() -> None:
    assert [processes(cpus) for cpus in (None, 1, 2, 4, 64)] == [1, 1, 1, 2, 8]
