"""realtimekit: sessions of an app, their participants and peers, and downloads of what they leave behind."""

from hub.compat.realtimekit.operations import SYSTEM

__all__ = ["SYSTEM"]
