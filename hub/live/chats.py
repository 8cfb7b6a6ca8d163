"""The whole chat of a session: its messages as they were last edited."""

from hub.core import said
from hub.core.entry_id import ORIGIN
from hub.core.fold import State
from hub.store.streams import Streams
from schemas.session import Message


class Chats:
    """Reads chats.

    Args:
        streams: To read with, where a chat is longer than what a state keeps of it.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def messages(self, organization: str, state: State) -> list[Message]:
        """All messages of a session at the entry that `state` reflects, by time of their first version."""
        if not state.messages_cut:
            return state.messages
        messages: dict[str, Message] = {}
        at, left = ORIGIN, state.message_count
        while left > 0 and at < state.entry_id:
            entries = await self._streams.entries(
                organization, state.session_id, at, state.entry_id, logs=False
            )
            if not entries:
                break
            for entry in entries:
                if entry.type == "chat.message":
                    left -= 1
                    message = said.message(entry)
                    messages[message.message_id] = said.edited(messages.get(message.message_id), message)
            at = entries[-1].id
        return list(messages.values())
