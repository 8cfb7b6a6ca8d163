"""The bootstrap key in the data directory: made by exactly one hub, and never half."""

import os
import secrets
import stat
from pathlib import Path

import pytest

from hub.data_dir import DataDir


def test_it_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    key = DataDir(str(tmp_path)).key()
    assert key.startswith("sk_")
    assert DataDir(str(tmp_path)).key() == key
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_of_two_first_starts_at_once_one_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first: list[str] = []
    real = secrets.token_hex

    def meanwhile(size: int) -> str:
        monkeypatch.undo()
        first.append(DataDir(str(tmp_path)).key())
        return real(size)

    monkeypatch.setattr(secrets, "token_hex", meanwhile)
    assert [DataDir(str(tmp_path)).key()] == first
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_what_fails_in_between_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, *_: object, **__: object) -> None:
        os.close(descriptor)
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", full)
        with pytest.raises(OSError, match="No space"):
            DataDir(str(tmp_path)).key()
    assert list(tmp_path.iterdir()) == []
    assert DataDir(str(tmp_path)).key().startswith("sk_")
