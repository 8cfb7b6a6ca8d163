"""meeting_buddy: bots that join and record meetings, what they hear, and streams of it."""

from hub.compat.meeting_buddy.operations import SYSTEM

__all__ = ["SYSTEM"]
