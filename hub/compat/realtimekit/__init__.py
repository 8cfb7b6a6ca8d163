"""realtimekit: sessions of an app, their participants and peers, and downloads of what they leave behind."""

from hub.compat.realtimekit.routes import SYSTEM

__all__ = ["SYSTEM"]
