"""Names of keys. Every key goes through here: by organization, and all of one in the same slot."""

from typing import NamedTuple

from schemas.codec import ID_PATTERN

API_KEYS = "hub:keys"
"""Hash: key id to the key's record."""
SECRET = "hub:secret"  # noqa: S105 - the name of a key, not a secret
"""String: what stream tokens are signed with."""
ORGANIZATIONS = "hub:orgs"
"""Set: organizations that ever had a session."""


def _checked(value: str) -> str:
    if not ID_PATTERN.match(value):
        raise ValueError(f"not an id: {value[:80]!r}")
    return value


class SessionKeys(NamedTuple):
    """The keys of one session."""

    meta: str
    """Hash; also the name of its wakeup channel."""
    events: str
    """Stream of all entries but logs."""
    logs: str
    """Stream of log entries, capped."""
    keys: str
    """Hash: idempotency key to entry id and digest."""
    segments: str
    """Hash: segment id to position."""
    state: str
    """String: checkpoint of the fold."""
    transcript: str
    """Hash: page number to the assembled segments on it."""


class OrganizationKeys(NamedTuple):
    """The keys of one organization."""

    prefix: str
    """Of a session's meta key."""
    sessions: str
    """Sorted set: session id by number."""
    live: str
    """Sorted set: session id by its last sign of life, milliseconds of Redis time."""
    ended: str
    """Sorted set: session id by its end, until it is sealed."""
    numbers: str
    """Hash: number to session id; `last` is the newest number."""
    meetings: str
    """Hash: session id to meeting id."""
    feed: str
    """Stream; also the name of its wakeup channel."""


def session_keys(organization: str, session_id: str) -> SessionKeys:
    """The keys of a session.

    Raises:
        ValueError: one of the two is no legal id.
    """
    meta = f"hub:{{{_checked(organization)}}}:s:{_checked(session_id)}"
    parts = ("events", "logs", "keys", "segments", "state", "transcript")
    return SessionKeys(meta, *(f"{meta}:{part}" for part in parts))


def organization_keys(organization: str) -> OrganizationKeys:
    """The keys of an organization.

    Raises:
        ValueError: it is no legal id.
    """
    root = f"hub:{{{_checked(organization)}}}"
    return OrganizationKeys(
        f"{root}:s:",
        f"{root}:sessions",
        f"{root}:live",
        f"{root}:ended",
        f"{root}:number",
        f"{root}:meetings",
        f"{root}:feed",
    )


def meeting_key(organization: str, meeting_id: str) -> str:
    """Sorted set: the sessions of a meeting by number."""
    return f"hub:{{{_checked(organization)}}}:meeting:{_checked(meeting_id)}"


def creation_key(organization: str, digest: str) -> str:
    """String: the session that an idempotency key created; by digest, as the key may hold anything."""
    return f"hub:{{{_checked(organization)}}}:create:{_checked(digest)}"
