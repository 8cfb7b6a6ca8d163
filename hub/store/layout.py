"""Names of keys. Every key goes through here: by organization, and all of one in the same slot."""

from typing import NamedTuple

from schemas.codec import ID_PATTERN

API_KEYS = "hub:keys"
"""Hash: key id to the key's record."""
SECRET = "hub:secret"  # noqa: S105 - the name of a key, not a secret
"""String: what stream tokens are signed with."""
ORGANIZATIONS = "hub:orgs"
"""Set: organizations that ever had a session."""


_ACCESS = "hub:{access.tokens}"


class JobKeys(NamedTuple):
    """The keys of a queue of jobs, of all organizations together."""

    due: str
    """Sorted set: organization and session id by when the job may be taken, milliseconds of Redis time."""
    jobs: str
    """Hash: organization and session id to the job: its id, how often it was taken, who holds it, and what it
    was queued with."""


# No organization has a dot in its name, so none has these hash tags.
SUMMARIES = JobKeys("hub:{summary.jobs}:due", "hub:{summary.jobs}:jobs")
IMPORTS = JobKeys("hub:{import.jobs}:due", "hub:{import.jobs}:jobs")
"""The queues of summaries and of imports."""


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
    people: str
    """Set: digests of the ids of those who were in it, by which the session is found."""


class OrganizationKeys(NamedTuple):
    """The keys of one organization."""

    live: str
    """Sorted set: session id by its last sign of life, milliseconds of Redis time."""
    ended: str
    """Sorted set: session id by its end, until it is sealed."""
    expiring: str
    """Sorted set: number and session id, with a space between, by when it is to leave; milliseconds."""
    numbers: str
    """Hash: number to session id, meeting id and title, with `|` between. Also `last`, the newest number,
    `at`, when it was given (they rise together), and the newest numbers of `meetings` and `topics`."""
    sessions: str
    """Sorted set: number, in 12 digits, by time of creation in milliseconds."""
    started: str
    """Sorted set: number, in 12 digits, by when the session started."""
    start: str
    """Sorted set: number, in 12 digits, by when the session started, else when it is planned to begin,
    else when its bot is to come, else when it was created."""
    duration: str
    """Sorted set: number, in 12 digits, by milliseconds from start to end."""
    minutes: str
    """Sorted set: number, in 12 digits, by milliseconds of all participants, as last written down."""
    figures: str
    """Prefix of strings by block (`hub.core.numbers.BLOCK`): for each number on it milliseconds from start to
    end, milliseconds of all participants and how many ever joined; doubles of 8 bytes, little-endian."""
    facets: str
    """Prefix of bitmaps by facet: the bit at its number says that a session has it. `all` is of those there
    are: what other facets and groups say counts for those alone."""
    groups: str
    """Prefix of hashes by group: page (`hub.core.numbers.PAGE`) to the bitmap of the numbers in the group."""
    meetings: str
    """Sorted set: meeting id by number."""
    topics: str
    """Sorted set: topic id by number."""
    feed: str
    """Stream; also the name of its wakeup channel."""
    deadlines: str
    """Sorted set: what is to happen and session id, with a space between, by when; milliseconds."""
    offers: str
    """Wakeup channel of those who assign bots; with `:` and what a bot must be able to do, streams."""


def session_keys(organization: str, session_id: str) -> SessionKeys:
    """The keys of a session.

    Raises:
        ValueError: one of the two is no legal id.
    """
    meta = f"hub:{{{_checked(organization)}}}:s:{_checked(session_id)}"
    parts = ("events", "logs", "keys", "segments", "state", "transcript", "people")
    return SessionKeys(meta, *(f"{meta}:{part}" for part in parts))


def organization_keys(organization: str) -> OrganizationKeys:
    """The keys of an organization.

    Raises:
        ValueError: it is no legal id.
    """
    root = f"hub:{{{_checked(organization)}}}"
    return OrganizationKeys(
        live=f"{root}:live",
        ended=f"{root}:ended",
        expiring=f"{root}:expiring",
        numbers=f"{root}:number",
        sessions=f"{root}:sessions",
        started=f"{root}:started",
        start=f"{root}:start",
        duration=f"{root}:duration",
        minutes=f"{root}:minutes",
        figures=f"{root}:figures:",
        facets=f"{root}:facet:",
        groups=f"{root}:group:",
        meetings=f"{root}:meetings",
        topics=f"{root}:topics",
        feed=f"{root}:feed",
        deadlines=f"{root}:deadlines",
        offers=f"{root}:offers",
    )


def index_keys(organization: str) -> tuple[str, ...]:
    """The keys of the indexes of sessions, in the order in which `facets.lua` takes them."""
    keys = organization_keys(organization)
    return (
        keys.numbers,
        keys.sessions,
        keys.expiring,
        keys.started,
        keys.start,
        keys.duration,
        keys.minutes,
        keys.figures,
        keys.facets,
        keys.groups,
        keys.meetings,
    )


def meeting_key(organization: str, meeting_id: str) -> str:
    """Hash: a meeting."""
    return f"hub:{{{_checked(organization)}}}:meeting:{_checked(meeting_id)}"


def access_token_key(token_id: str) -> str:
    """String: what is kept of an access token."""
    return f"{_ACCESS}:token:{_checked(token_id)}"


def access_tokens_key(key_id: str) -> str:
    """Sorted set: the ids of an API key's access tokens by when each expires, milliseconds of Redis time.

    Args:
        key_id: Of the API key; empty for the bootstrap key.
    """
    return f"{_ACCESS}:of:{_checked(key_id) if key_id else ''}"


def topic_key(organization: str, topic_id: str) -> str:
    """Hash: a topic."""
    return f"hub:{{{_checked(organization)}}}:topic:{_checked(topic_id)}"


def creation_key(organization: str, digest: str) -> str:
    """String: the session that an idempotency key created; by digest, as the key may hold anything."""
    return f"hub:{{{_checked(organization)}}}:create:{_checked(digest)}"
