"""The hub that runs on this machine, found by what it leaves in its data directory."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

ADDRESS_FILE = "hub.json"
"""`{"url": …}`, there while the hub runs."""
KEY_FILE = "key"
"""The API key of the local hub, for its owner only."""


class LocalHub(Struct, frozen=True):
    """A hub of this machine."""

    url: str
    key: str | None
    """None: the hub was given its key by whoever started it, and left none behind."""


class _Address(Struct):
    url: str


def data_directory(environ: Mapping[str, str]) -> Path:
    """Where the local hub keeps its data: `HUB_DATA_DIR`, else by the XDG Base Directory Specification."""
    if chosen := environ.get("HUB_DATA_DIR"):
        return Path(chosen)
    data_home = environ.get("XDG_DATA_HOME")
    return (Path(data_home) if data_home else Path.home() / ".local" / "share") / "session-hub"


def find(environ: Mapping[str, str]) -> LocalHub | None:
    """The local hub that runs, or None; one that was killed may have left its address behind.

    Raises:
        OSError: its files are there and cannot be read.
    """
    directory = data_directory(environ)
    try:
        address = msgspec.json.decode((directory / ADDRESS_FILE).read_bytes(), type=_Address)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    try:
        return LocalHub(address.url, (directory / KEY_FILE).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return LocalHub(address.url, None)
