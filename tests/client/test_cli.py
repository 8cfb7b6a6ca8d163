"""The command line: usage errors in this process, the rest as users run it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from servers import HubServer, RedisServer
from typer.testing import CliRunner

from hub.cli import app
from hub.client.vtt import read

STANDUP = Path(__file__).with_name("standup.vtt")
NOBODY = "http://127.0.0.1:9"


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def environ(hub_server: HubServer, key: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return kept | {"HUB_URL": hub_server.url, "HUB_API_KEY": key, "PYTHONWARNINGS": "error"}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """A command in this process."""

    def run(*arguments: str, stdin: str = "") -> Done:
        unset = dict.fromkeys(("HUB_URL", "HUB_API_KEY", "HUB_DATA_DIR"))
        result = CliRunner().invoke(app, arguments, input=stdin, env={**unset, **environ})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def start(environ: dict[str, str]) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "hub", *arguments]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = subprocess.Popen(command, env=environ, text=True, **pipes)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope"], "No such command"),
        (["sessions", "--status", "wrong"], "Invalid value for '--status'"),
        (["sessions", "--limit", "0"], "Invalid value for '--limit'"),
        (["sessions", "--url", "hub.example", "--key", "k"], "--url must begin with http"),
        (["sessions", "--url", NOBODY], "no API key for http://127.0.0.1:9"),
        (["tail", "--channels", "chat,nope", "--url", NOBODY, "--key", "k"], "--channels takes status,"),
        (["tail", "--channels", ",", "--url", NOBODY, "--key", "k"], "--channels takes status,"),
        (["tail", "--speed", "2", "--url", NOBODY, "--key", "k"], "--speed takes a number"),
        (["tail", "ses_a", "--speed", "nan", "--url", NOBODY, "--key", "k"], "--speed takes a number"),
        (["tail", "ses_a", "--speed", "0.05", "--url", NOBODY, "--key", "k"], "--speed takes a number"),
        (["replay", "no-such-file.vtt"], "does not exist"),
        (
            ["replay", str(STANDUP), "--speed", "fast", "--url", NOBODY, "--key", "k"],
            "--speed takes a number",
        ),
        (["replay", str(STANDUP), "--speed", "nan", "--url", NOBODY, "--key", "k"], "--speed takes a number"),
        (["replay", str(STANDUP), "--speed", "0", "--url", NOBODY, "--key", "k"], "--speed takes a number"),
        (["bot"], "Missing option '--replay'"),
        (["bot", "--replay", "no-such-folder"], "does not exist"),
        (["bot", "--replay", str(STANDUP.parent), "--speed", "0"], "--speed takes a number"),
        (["bot", "--replay", str(STANDUP.parent), "--slots", "0"], "Invalid value for '--slots'"),
        (["publish"], "Missing argument"),
        (["keys", "create", "--scopes", "all", "--url", NOBODY, "--key", "k"], "--scopes takes publish,"),
        (["serve", "--port", "70000"], "Invalid value for '--port'"),
        (["demo", "--speed", "0"], "Invalid value for '--speed'"),
    ],
)
def test_wrong_usage_is_told_and_exits_with_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    environ = {"HUB_DATA_DIR": str(tmp_path), "HUB_URL": None, "HUB_API_KEY": None, "COLUMNS": "200"}
    result = CliRunner().invoke(app, arguments, env=environ)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "command",
    ["serve", "demo", "replay", "bot", "tail", "publish", "sessions", "keys", "keys create", "settings"],
)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_without_a_hub_the_way_to_one_is_told(run: Run, environ: dict[str, str], tmp_path: Path) -> None:
    del environ["HUB_URL"]
    environ["HUB_DATA_DIR"] = str(tmp_path)
    result = run("sessions")
    assert result.code == 1
    assert result.stderr.startswith(
        f"hub: no hub runs here (looked in {tmp_path}): start one with `hub serve`"
    )
    assert len(result.stderr.splitlines()) == 1


def test_the_local_hub_is_found(run: Run, environ: dict[str, str], hub_server: HubServer) -> None:
    del environ["HUB_URL"]
    environ["HUB_DATA_DIR"] = str(hub_server.folder / "data")
    assert run("sessions").code == 0


def test_failures_are_one_line_with_what_to_do(run: Run) -> None:
    for arguments, says in (
        (("sessions", "--url", NOBODY), "start one with `hub serve`"),
        (("sessions", "--key", "sk_no_key"), "invalid_credential"),
        (("tail", "ses_none"), "`hub sessions` lists those there are"),
        (("tail", "--url", NOBODY), "did not answer"),
        (("keys", "list"), "missing_scope"),
    ):
        result = run(*arguments)
        assert result.code == 1
        assert says in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert result.stdout == ""


def test_a_file_that_is_no_webvtt_is_one_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nSubRip\n")
    result = run("replay", str(path))
    assert (result.code, len(result.stderr.splitlines())) == (1, 1)
    assert "a.vtt: This is not WebVTT" in result.stderr


def test_a_replay_is_listed_tailed_and_read_back(run: Run) -> None:
    replayed = run("replay", str(STANDUP), "--speed", "max")
    assert replayed.code == 0
    session_id = replayed.stdout.strip()

    (listed,) = [json.loads(line) for line in run("sessions", "--json").stdout.splitlines()]
    assert (listed["id"], listed["title"], listed["status"]) == (session_id, "standup", "completed")
    table = run("sessions", "--status", "completed").stdout
    assert session_id in table
    assert session_id not in run("sessions", "--status", "failed").stdout

    text = run("tail", session_id, "--after", "0-0", "--level", "info")
    assert text.code == 0
    played = run("tail", session_id, "--speed", "1000", "--level", "info")
    assert (played.code, played.stdout) == (0, text.stdout)
    assert (
        "❝ Sam O'Neil (Ops & Co): I do. The backup ran <twice> last night & nobody noticed, which"
        in text.stdout
    )
    assert "↔ Nora Ek joined" in text.stdout
    assert "debug" not in text.stdout
    assert text.stdout.count("❝") == len(read(STANDUP).lines)

    lines = run("tail", session_id, "--after", "0-0", "--json").stdout.splitlines()
    frames = [json.loads(line) for line in lines]
    seqs = [int(frame["id"].partition("-")[2]) for frame in frames if "." in frame["type"]]
    assert seqs == list(range(1, len(seqs) + 1))
    assert frames[-1]["type"] == "end"

    chat = run("tail", session_id, "--channels", "participants", "--after", "0-0").stdout
    assert "❝" not in chat
    assert "joined" in chat


def session(environ: dict[str, str]) -> str:
    headers = {"Authorization": f"Bearer {environ['HUB_API_KEY']}"}
    answer = httpx.post(f"{environ['HUB_URL']}/v1/sessions", json={"title": "Lines"}, headers=headers)
    return answer.json()["id"]


def test_lines_are_published_and_bad_ones_named(run: Run, environ: dict[str, str]) -> None:
    session_id = session(environ)
    good = [json.dumps({"type": "x.n", "data": {"n": n}}) for n in range(700)]
    lines = [
        *good[:300],
        "{not json",
        "[]",
        "",
        '{"type": "nope.n"}',
        *good[300:],
        '{"type": "x.n", "data": 7}',
    ]
    result = run("publish", session_id, stdin="\n".join(lines))
    assert result.code == 1
    told = result.stderr.splitlines()
    numbers = sorted(line.partition(":")[0] for line in told[:-1])
    assert numbers == ["line 301", "line 302", "line 304", "line 705"]
    assert told[-1] == "700 published, 0 duplicate, 4 refused"


def test_a_line_is_reported_while_more_are_to_come(start: Any, environ: dict[str, str]) -> None:
    process = start("publish", session(environ))
    process.stdin.write('{"type": "nope.n"}\n')
    process.stdin.flush()
    assert process.stderr.readline().startswith("line 1: unknown_type:")
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (1, "0 published, 0 duplicate, 1 refused\n")


def test_lines_too_long_for_a_request_are_refused(run: Run, environ: dict[str, str]) -> None:
    long = json.dumps({"type": "x.n", "data": {"text": "x" * 3_000_000}})
    result = run("publish", session(environ), stdin=f'{{"type": "x.n"}}\n{long}\n{{"type": "x.n"}}\n')
    assert result.stderr == "line 2: longer than 1048576 bytes\n2 published, 0 duplicate, 1 refused\n"


def test_a_key_of_the_callers_own_makes_a_second_run_harmless(run: Run, environ: dict[str, str]) -> None:
    session_id = session(environ)
    line = '{"type": "x.n", "data": {"n": 1}, "idempotency_key": "mine-1"}\n'
    assert run("publish", session_id, stdin=line).stderr == "1 published, 0 duplicate, 0 refused\n"
    again = run("publish", session_id, stdin=line)
    assert (again.code, again.stderr) == (0, "0 published, 1 duplicate, 0 refused\n")


def test_ctrl_c_exits_with_130_and_no_traceback(start: Any, environ: dict[str, str]) -> None:
    process = start("tail", session(environ))
    assert "Lines is initializing" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "")


def test_a_reader_that_goes_away_is_no_failure(start: Any, run: Run, environ: dict[str, str]) -> None:
    session_id = session(environ)
    process = start("tail", session_id, "--json")
    process.stdout.readline()
    process.stdout.close()
    run("publish", session_id, stdin='{"type": "x.n"}\n' * 3)
    process.stdout = None
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def test_keys_are_made_listed_and_revoked(run: Run, environ: dict[str, str], hub_server: HubServer) -> None:
    environ["HUB_API_KEY"] = hub_server.key
    made = json.loads(run("keys", "create", "for tests", "--scopes", "subscribe", "--json").stdout)
    assert made["scopes"] == ["subscribe"]
    assert "for tests" in run("keys", "list").stdout
    assert run("keys", "revoke", made["id"]).code == 0
    listed = [json.loads(line)["id"] for line in run("keys", "list", "--json").stdout.splitlines()]
    assert made["id"] not in listed
    assert run("keys", "revoke", made["id"]).code == 1


def test_settings_are_listed(run: Run) -> None:
    assert "HUB_REDIS_URL" in run("settings").stdout


@pytest.fixture
def demo_environ(environ: dict[str, str], redis_server: RedisServer, tmp_path: Path) -> None:
    for name in ("HUB_URL", "HUB_API_KEY"):
        del environ[name]
    environ |= {"HUB_DATA_DIR": str(tmp_path), "HUB_REDIS_URL": redis_server.url}


@pytest.mark.usefixtures("demo_environ")
def test_the_demo_plays_one_meeting(start: Any) -> None:
    process = start("demo", "--port", "0", "--speed", "100", "--once")
    told, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "/#key=sk_" in told.splitlines()[0]
    for said in ("Maya Lindqvist: Good morning", "Priya Raman shares a screen", "★ summary:", "● completed"):
        assert said in told


@pytest.mark.usefixtures("demo_environ")
def test_ctrl_c_ends_the_demo_in_order(start: Any) -> None:
    process = start("demo", "--port", "0")
    assert "/#key=" in process.stdout.readline()
    while "joined" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
