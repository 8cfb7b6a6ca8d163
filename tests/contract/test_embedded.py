"""The embedded Redis: data over restarts and its own death, one hub a data directory, nothing left behind."""

import asyncio
import fcntl
import os
import pty
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis
from servers import HubServer, wait_until

from hub.errors import ConfigurationError
from hub.store import embedded
from hub.store.embedded import EmbeddedRedis, engine_version, find_engine


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    server = HubServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def careful_hub(tmp_path: Path) -> Iterator[HubServer]:
    """With `everysec`, Redis may answer before it writes while its disk is busy; here it never does."""
    server = HubServer(tmp_path, settings={"HUB_DURABILITY": "always"})
    server.start()
    yield server
    server.stop()


def engines_of(hub: HubServer) -> list[psutil.Process]:
    assert hub.process is not None
    return psutil.Process(hub.process.pid).children()


def test_what_was_acknowledged_is_there_after_a_restart(hub: HubServer) -> None:
    with hub.client() as api:
        session_id = api.post("/v1/sessions", json={"title": "Kept"}).json()["id"]
    hub.stop()
    hub.start()
    with hub.client() as api:
        assert api.get(f"/v1/sessions/{session_id}").json()["title"] == "Kept"


def test_what_was_acknowledged_is_there_after_the_hub_and_its_redis_were_killed(
    careful_hub: HubServer,
) -> None:
    with careful_hub.client() as api:
        session_id = api.post("/v1/sessions", json={"title": "Kept"}).json()["id"]
    for engine in engines_of(careful_hub):
        engine.kill()
    careful_hub.restart()
    with careful_hub.client() as api:
        assert api.get(f"/v1/sessions/{session_id}").json()["title"] == "Kept"


def test_a_redis_that_was_killed_is_started_again_and_streams_go_on(careful_hub: HubServer) -> None:
    with careful_hub.client() as api:
        path = f"/v1/sessions/{api.post('/v1/sessions', json={'title': 'Kept'}).json()['id']}"
        first: list[str] = []

        def published(text: str) -> bool:
            event = {"type": "x.said", "data": {"text": text}, "idempotency_key": text}
            answer = api.post(f"{path}/events", json=event)
            if answer.status_code == 200:
                first.append(answer.json()["entries"][0]["id"])
            return answer.status_code == 200

        with careful_hub.client() as reader, reader.stream("GET", f"{path}/stream") as stream:
            lines = stream.iter_lines()
            # What is published before it has caught up may be in its snapshot.
            assert next(line for line in lines if line == "event: bookmark")
            for number in range(2):
                assert published(f"before-{number}")
                assert next(line for line in lines if f"before-{number}" in line)
                (engine,) = engines_of(careful_hub)
                engine.kill()
                wait_until(lambda number=number: published(f"after-{number}"), "the hub works again")
                assert next(line for line in lines if f"after-{number}" in line)
                assert not psutil.pid_exists(engine.pid), "nobody has reaped it"
        assert api.get(path).json()["title"] == "Kept"
        # Acknowledged before both deaths: the same entry.
        assert published("before-0")
        assert first[-1] == first[0]
    assert len(engines_of(careful_hub)) == 1
    assert "exited with status -9" in careful_hub.log.read_text()


def test_the_hub_ends_when_its_redis_cannot_be_started_again(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    engine = tmp_path / "bin" / "redis-server"
    engine.parent.mkdir()
    engine.write_text(f'#!/bin/sh\n[ -e {broken} ] && exit 3\nexec {find_engine()} "$@"\n')
    engine.chmod(0o755)
    with HubServer(tmp_path, settings={"PATH": f"{engine.parent}:{os.environ['PATH']}"}) as server:
        broken.touch()
        engines_of(server)[0].kill()
        process = server.process
        assert process is not None
        wait_until(lambda: process.poll() is not None, "the hub ends")
        assert process.returncode == 1
    text = server.log.read_text()
    assert "does not stay up" in text
    assert "Traceback" not in text


def test_the_redis_dies_with_its_hub(hub: HubServer) -> None:
    engines = engines_of(hub)
    assert len(engines) == 1
    hub.kill()
    wait_until(lambda: not any(engine.is_running() for engine in engines), "the Redis is gone")


def test_a_second_hub_on_the_same_data_is_refused(hub: HubServer) -> None:
    environ = {**os.environ, "HUB_DATA_DIR": str(hub.folder / "data"), "HUB_PORT": "0"}
    command = [sys.executable, "-m", "hub", "serve"]
    second = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 2
    assert "Another hub is running" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_hub_waits_for_the_redis_of_one_that_was_killed(hub: HubServer) -> None:
    (engine,) = engines_of(hub)
    with hub.client() as api:
        session_id = api.post("/v1/sessions", json={}).json()["id"]
    engine.suspend()
    hub.kill()
    resumed = threading.Timer(1.0, engine.resume)
    resumed.start()
    hub.start()
    # Two would write the same file.
    assert not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE
    resumed.join()
    with hub.client() as api:
        assert api.get(f"/v1/sessions/{session_id}").status_code == 200


def test_a_redis_that_does_not_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_LOCK_TIMEOUT", 0.3)
    with (tmp_path / "redis.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        async def start() -> None:
            async with EmbeddedRedis(tmp_path, "everysec"):
                pass

        with pytest.raises(ConfigurationError, match="earlier hub still runs"):
            asyncio.run(start())


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    server = HubServer(tmp_path, settings={"HUB_API_KEY": ""})
    path = tmp_path / "data" / "key"
    with server:
        key = path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with server, server.client(key.strip()) as api:
        assert path.read_text() == key
        assert f"/#key={key.strip()}" in server.log.read_text()
        assert api.get("/v1/keys").status_code == 200


def test_the_banner_says_where_what_and_how(hub: HubServer) -> None:
    text = hub.log.read_text()
    for part in (hub.url, "durability", "page", "hub replay", "hub sessions", "curl"):
        assert part in text


def test_a_key_that_was_set_is_not_printed_to_a_log(hub: HubServer) -> None:
    text = hub.log.read_text()
    assert "as set in HUB_API_KEY" in text
    assert 'Bearer $HUB_API_KEY"' in text
    assert hub.key not in text
    assert "#key=" not in text


def test_a_key_that_was_set_is_printed_to_a_terminal(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    environ |= {"HUB_DATA_DIR": str(tmp_path), "HUB_PORT": "0", "HUB_API_KEY": "sk_mine_secret"}
    terminal, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "hub", "serve"], env=environ, stdout=theirs) as process:
        os.close(theirs)
        text = b""
        try:
            # Reading fails when the other side is closed: the hub has ended.
            while b"hub sessions" not in text:
                text += os.read(terminal, 4096)
        finally:
            process.terminate()
            os.close(terminal)
    assert b"/#key=sk_mine_secret" in text
    assert b"Bearer sk_mine_secret" in text


def test_the_password_of_the_redis_is_not_printed(tmp_path: Path) -> None:
    server = HubServer(tmp_path, settings={"HUB_REDIS_URL": "redis://ada:hunter2@127.0.0.1:1/0"})
    server.start(ready=False)
    server.stop()
    text = server.log.read_text()
    assert "kept in     redis://ada:***@127.0.0.1:1/0" in text
    assert "hunter2" not in text


@pytest.mark.parametrize("written", ["redis 99.0", "other 1.0"])
def test_data_of_another_engine_is_refused(tmp_path: Path, written: str) -> None:
    (tmp_path / "engine").write_text(written)
    engine = EmbeddedRedis(tmp_path, "everysec")
    with pytest.raises(ConfigurationError, match="cannot read it safely"):
        engine.check_version()


def test_the_record_of_the_engine_is_never_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, (major, minor) = engine_version(find_engine())
    record = tmp_path / "engine"
    record.write_text(f"{name} 1.0\n")

    def fail(*_: object) -> None:
        raise OSError("the machine dies")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="the machine dies"):
            EmbeddedRedis(tmp_path, "everysec").check_version()
    assert record.read_text() == f"{name} 1.0\n"
    EmbeddedRedis(tmp_path, "everysec").check_version()
    assert record.read_text() == f"{name} {major}.{minor}\n"
    assert list(tmp_path.iterdir()) == [record]


def test_without_an_engine_the_hub_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded.shutil, "which", lambda _name: None)
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match="apt-get install redis-server"):
        find_engine()


def test_what_is_no_engine_is_told(tmp_path: Path) -> None:
    silent = tmp_path / "redis-server"
    silent.write_text("#!/bin/sh\necho hello\n")
    silent.chmod(0o755)
    with pytest.raises(ConfigurationError, match="does not say its version"):
        engine_version(str(silent))
    with pytest.raises(ConfigurationError, match="does not run"):
        engine_version(str(tmp_path / "nothing"))


def test_always_is_always(tmp_path: Path) -> None:
    with HubServer(tmp_path, settings={"HUB_DURABILITY": "always"}) as server:
        path = engines_of(server)[0].cmdline()[0].partition("unixsocket:")[2].strip()
        with redis.Redis(unix_socket_path=path) as store:
            assert store.config_get("appendfsync") == {"appendfsync": "always"}
        assert "synced before each acknowledgement" in server.log.read_text()
