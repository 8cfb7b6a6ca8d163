"""Waiting for many sockets: epoll, elsewhere what the system has."""

import contextlib
import select
import selectors
from typing import Protocol

READ, WRITE = 1, 4
"""As of epoll; may be added."""
_MOST = 1024
"""Sockets told of at once."""


class Poller(Protocol):
    """Tells which file descriptors are ready."""

    def watch(self, fd: int, events: int) -> None:
        """Begin, or change what is waited for."""
        ...

    def poll(self, timeout: float) -> list[tuple[int, int]]:
        """File descriptors and events; waits at most `timeout` seconds. A closed one is forgotten."""
        ...

    def close(self) -> None:
        """Free what the system keeps for it."""
        ...


class Epoll:
    """By epoll."""

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def watch(self, fd: int, events: int) -> None:
        """Begin, or change what is waited for."""
        try:
            self._epoll.modify(fd, events)
        except FileNotFoundError:
            self._epoll.register(fd, events)

    def poll(self, timeout: float) -> list[tuple[int, int]]:
        """File descriptors and events."""
        return self._epoll.poll(timeout, _MOST)

    def close(self) -> None:
        """Free what the system keeps for it."""
        self._epoll.close()


class Selector:
    """By `selectors`."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, fd: int, events: int) -> None:
        """Begin, or change what is waited for."""
        wanted = (selectors.EVENT_READ if events & READ else 0) | (
            selectors.EVENT_WRITE if events & WRITE else 0
        )
        with contextlib.suppress(KeyError):
            self._selector.unregister(fd)
        self._selector.register(fd, wanted)

    def poll(self, timeout: float) -> list[tuple[int, int]]:
        """File descriptors and events."""
        found = self._selector.select(timeout)
        return [
            (
                key.fd,
                (READ if mask & selectors.EVENT_READ else 0) | (WRITE if mask & selectors.EVENT_WRITE else 0),
            )
            for key, mask in found
        ]

    def close(self) -> None:
        """Free what the system keeps for it."""
        self._selector.close()


def new_poller() -> Poller:
    """The best of this system."""
    return Epoll() if hasattr(select, "epoll") else Selector()
