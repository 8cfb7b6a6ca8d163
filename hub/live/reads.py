"""Fresh reads: the state of a session that reflects every entry acknowledged before it was asked for."""

from hub.core.fold import State
from hub.live.registry import Registry
from hub.live.session import LiveSession
from hub.live.states import States
from hub.store.streams import Streams

LOOKS = 2
"""How often a read compares the live session with the head of its stream before it asks the store."""
CATCH_UP = 0.5
"""Seconds that a read waits for the live session to be at the head before it asks the store."""


class Reads:
    """Reads states, from memory where a session is followed and up to date."""

    def __init__(self, registry: Registry, streams: Streams, states: States) -> None:
        self._registry = registry
        self._streams = streams
        self._states = states

    async def state(self, organization: str, session_id: str) -> State:
        """The state of a session.

        Raises:
            HubError: `session_not_found`. Unavailable.
        """
        key = (organization, session_id)
        stream = self._registry.peek(key)
        if isinstance(stream, LiveSession):
            for _ in range(LOOKS):
                head = await self._streams.head(*key)
                # The entry that was just appended is about to be read anyway; folding it here too costs more.
                if head is None or not await stream.reached(head, CATCH_UP):
                    break
                # Beyond it are newer entries, or some that the store has lost.
                if stream.head == head:
                    return stream.state
        _base, state = await self._states.load(*key)
        return state
