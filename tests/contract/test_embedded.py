"""The embedded Redis: data over restarts, one hub a data directory, no process left behind."""

import os
import stat
import subprocess
import sys
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


def test_what_was_acknowledged_is_there_after_the_hub_and_its_redis_were_killed(hub: HubServer) -> None:
    with hub.client() as api:
        session_id = api.post("/v1/sessions", json={"title": "Kept"}).json()["id"]
    for engine in engines_of(hub):
        engine.kill()
    hub.restart()
    with hub.client() as api:
        assert api.get(f"/v1/sessions/{session_id}").json()["title"] == "Kept"


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


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    server = HubServer(tmp_path, settings={"HUB_API_KEY": ""})
    path = tmp_path / "data" / "key"
    with server:
        key = path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with server, server.client(key.strip()) as api:
        assert path.read_text() == key
        assert key.strip() in server.log.read_text()
        assert api.get("/v1/keys").status_code == 200


def test_the_banner_says_where_what_and_how(hub: HubServer) -> None:
    text = hub.log.read_text()
    for part in (hub.url, hub.key, "durability", "page", "hub replay", "hub sessions", "curl"):
        assert part in text


@pytest.mark.parametrize("written", ["redis 99.0", "other 1.0"])
def test_data_of_another_engine_is_refused(tmp_path: Path, written: str) -> None:
    (tmp_path / "engine").write_text(written)
    engine = EmbeddedRedis(tmp_path, "everysec")
    with pytest.raises(ConfigurationError, match="cannot read it safely"):
        engine.check_version()


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
