"""The data directory: the hub's key, and where local commands find the hub."""

import os
import secrets
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
        if path.exists():
            return path.read_text(encoding="ascii").strip()
        key = f"sk_{secrets.token_hex(8)}_{secrets.token_hex(24)}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key + "\n")
        return key

    def announce(self, url: str) -> None:
        """Say where the hub is while it runs."""
        (self.path / "hub.json").write_bytes(codec.encode({"url": url, "pid": os.getpid()}))

    def withdraw(self) -> None:
        """The hub does not run any more."""
        (self.path / "hub.json").unlink(missing_ok=True)
