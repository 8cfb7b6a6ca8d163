"""The data directory: the hub's key, and where local commands find the hub."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from hub.errors import ConfigurationError
from schemas import codec


class DataDir:
    """A directory of mode 700.

    Args:
        path: Where; made if it is not there.

    Raises:
        ConfigurationError: it cannot be used.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigurationError(f"Cannot use {path} as data directory: {error.strerror}.") from None

    def key(self) -> str:
        """The bootstrap admin key: made when first asked for, kept with mode 600."""
        path = self.path / "key"
        if not path.exists():
            self._make_key(path)
        return path.read_text(encoding="ascii").strip()

    def _make_key(self, path: Path) -> None:
        descriptor, written = tempfile.mkstemp(dir=self.path, prefix="key.")
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"sk_{secrets.token_hex(8)}_{secrets.token_hex(24)}\n")
                file.flush()
                os.fsync(file.fileno())
            # The key is there as a whole or not at all; of hubs that start at once the first one makes it.
            with suppress(FileExistsError):
                path.hardlink_to(written)
        finally:
            Path(written).unlink()

    def announce(self, url: str) -> None:
        """Say where the hub is while it runs."""
        (self.path / "hub.json").write_bytes(codec.encode({"url": url, "pid": os.getpid()}))

    def withdraw(self) -> None:
        """The hub does not run any more."""
        (self.path / "hub.json").unlink(missing_ok=True)
