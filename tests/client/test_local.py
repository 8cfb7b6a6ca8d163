from pathlib import Path

import pytest

from hub.client.local import LocalHub, data_directory, find


def test_the_data_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert data_directory({"HUB_DATA_DIR": "/a", "XDG_DATA_HOME": "/b"}) == Path("/a")
    assert data_directory({"XDG_DATA_HOME": "/b"}) == Path("/b/session-hub")
    assert data_directory({}) == Path("/home/ann/.local/share/session-hub")


def test_a_hub_that_runs_is_found_with_its_key(tmp_path: Path) -> None:
    environ = {"HUB_DATA_DIR": str(tmp_path)}
    assert find(environ) is None
    (tmp_path / "hub.json").write_text('{"url": "http://127.0.0.1:8080", "pid": 1}')
    assert find(environ) == LocalHub("http://127.0.0.1:8080", None)
    (tmp_path / "key").write_text("sk_a_b\n")
    assert find(environ) == LocalHub("http://127.0.0.1:8080", "sk_a_b")


def test_a_file_that_was_only_half_written_is_no_hub(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk_a_b")
    (tmp_path / "hub.json").write_text('{"url": "http:')
    assert find({"HUB_DATA_DIR": str(tmp_path)}) is None
