"""meemo: meetings by number, behind access tokens of OAuth 2.0."""

from hub.compat.meemo.operations import SYSTEM

__all__ = ["SYSTEM"]
