"""A hub that is up: where it is, what it promises, and its end."""

import sys
from collections.abc import Callable

import anyio

from hub.settings import Settings

_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to
_PROMISE = {
    "everysec": "synced every second: a power failure may lose the last two, the death of the hub nothing",
    "always": "synced before each acknowledgement: nothing acknowledged is lost",
    "": "that of the Redis in HUB_REDIS_URL",
}


class Running:
    """A hub, in this process or in several.

    Args:
        settings: Its settings.
        port: What it listens on.
        key: The bootstrap admin key.
        stop: Makes it drain and end; may be called more than once.
    """

    def __init__(self, settings: Settings, *, port: int, key: str, stop: Callable[[], None]) -> None:
        self._settings = settings
        self._over = anyio.Event()
        self._failed = False
        self.stop = stop
        """Make it stop, as SIGTERM would."""
        self.url = f"http://{_reachable(settings.host)}:{port}"
        self.port = port
        self.key = key
        """The bootstrap admin key."""
        self.durability = _PROMISE["" if settings.redis_url else settings.durability]
        """What an acknowledgement promises, in words."""

    @property
    def page(self) -> str:
        """The address of the page; it signs in by one click where the key may be shown."""
        return f"{self.url}/#key={self.key}" if self._shows_key else f"{self.url}/"

    @property
    def banner(self) -> str:
        """Where it listens and what to try, in several lines."""
        key = f"{self.key}  (admin of the organization `default`)"
        bearer = f"-H 'Authorization: Bearer {self.key}'"
        if not self._shows_key:
            key = "as set in HUB_API_KEY"
            bearer = '-H "Authorization: Bearer $HUB_API_KEY"'
        lines = (
            "",
            f"  session-hub listens on {self.url}",
            f"  page        {self.page}",
            f"  key         {key}",
            f"  kept in     {self._settings.redis_address or self._settings.data_dir}",
            f"  durability  {self.durability}",
            "",
            "  Try, in another terminal:",
            f'    curl {bearer} {self.url}/v1/sessions -d \'{{"title": "Hello"}}\'',
            "    hub replay meeting.vtt --speed 10",
            "    hub sessions",
            "",
        )
        return "\n".join(lines)

    @property
    def _shows_key(self) -> bool:
        """Whether the key may be printed: whoever set it knows it, and what is no terminal may be a log."""
        return not self._settings.api_key or sys.stdout.isatty()

    @property
    def is_over(self) -> bool:
        """It has stopped."""
        return self._over.is_set()

    def fail(self) -> None:
        """It cannot do its work any more."""
        self._failed = True
        self.stop()

    def over(self) -> None:
        """It has stopped."""
        self._over.set()

    async def ended(self) -> int:
        """Wait until it has stopped; the exit code of the process."""
        await self._over.wait()
        return 1 if self._failed else 0


def _reachable(host: str) -> str:
    if host in _ANY:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
