"""What is told of many sessions together. Durations are seconds, from a session's start to its end."""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.codec import Timestamp
from schemas.details import Platform, SessionType
from schemas.events import Status
from schemas.session import Counts

Date = Annotated[
    str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?!\n)$", description="a day in UTC, such as `2026-01-31`")
]
Percentage = Annotated[float, Meta(ge=0, le=100, description="percent, to a tenth")]


class AnalyticsSummary(Struct, frozen=True, kw_only=True):
    """`GET /v1/analytics/summary`: the sessions that are asked for, in numbers.

    Minutes and participants are those last written down, which is within a second or two of what happened.
    """

    sessions: int
    scheduled: int
    live: int
    completed: int
    failed: int
    """How many are in such a status; these four add up to `sessions`."""
    timed_sessions: int
    """Those that have started and ended: they have a duration."""
    total_duration: float
    """Seconds."""
    average_duration: float | None
    """Seconds; null if none has a duration."""
    longest_duration: float | None
    """Seconds; null if none has a duration."""
    minutes_consumed: float
    """Minutes that all participants were there, without those stretches that go on."""
    participants: int
    """All who ever joined, added up: who was in two sessions counts twice."""
    average_participants: float | None
    """For each session; null if there is none."""


class ActiveSession(Struct, frozen=True, kw_only=True):
    """A session that is live now."""

    id: str
    number: int
    title: str | None
    meeting_id: str | None
    meeting_link: str | None
    platform: Platform | None
    type: SessionType
    status: Status
    bot_name: str | None
    bot_state: str | None
    bot_health: str | None
    created_at: Timestamp
    started_at: Timestamp | None
    duration: float | None
    """Seconds since `started_at`; null if it has not started yet."""
    participants: list[str]
    """Names of those who are there now, by time of joining, at most 100."""
    participant_counts: Counts


class ActiveSessionList(Struct, frozen=True):
    """`GET /v1/analytics/active`, newest first."""

    data: list[ActiveSession]
    next: str | None
    """Pass as `cursor`, with the same filters, for the next page; null on the last one."""
    count: int
    """Live sessions on all pages, exactly."""


class Trend(Struct, frozen=True, kw_only=True):
    """The sessions that were created in a period."""

    period: str
    """`2026-01-31`, `2026-W05` (an ISO week, of the ISO year) or `2026-01`."""
    first_day: Date
    last_day: Date
    """The days of it that count, both included: all, but for the first and the last period."""
    sessions: int
    completed: int
    failed: int
    """Those of them that are so now."""
    total_duration: float
    """Seconds, of those that have started and ended."""
    average_duration: float | None
    """Seconds; null if none of them has a duration."""


class TrendList(Struct, frozen=True, kw_only=True):
    """`GET /v1/analytics/trends`: every period in order, also those without sessions."""

    granularity: str
    """`day`, `week` (from Monday) or `month`, in UTC."""
    data: list[Trend]


class DurationBucket(Struct, frozen=True, kw_only=True):
    """The sessions that were so long."""

    label: str
    min_seconds: int
    """At least."""
    max_seconds: int | None
    """Less than this; null in the last bucket."""
    count: int
    percentage: Percentage
    """Of all that have a duration."""


class DurationDistribution(Struct, frozen=True, kw_only=True):
    """`GET /v1/analytics/durations`: how long the sessions were that have started and ended."""

    count: int
    """In all buckets."""
    buckets: list[DurationBucket]
    """Their percentages add up to 100, or are all 0 if there are no sessions."""


class Part(Struct, frozen=True, kw_only=True):
    """The sessions that have one thing in common."""

    value: str | None
    """A status, platform or type; null for the sessions without a platform."""
    count: int
    percentage: Percentage
    """Of all that are asked for."""


class Breakdown(Struct, frozen=True, kw_only=True):
    """`GET /v1/analytics/statuses`: every status, platform or type, also those of no session."""

    dimension: str
    """`status`, `platform` or `type`."""
    count: int
    """In all parts."""
    parts: list[Part]
    """Their percentages add up to 100, or are all 0 if there are no sessions."""


class Talker(Struct, frozen=True, kw_only=True):
    """Somebody who talked: told by the user id, else by the custom id, else by the name."""

    user_id: str | None
    custom_id: str | None
    """Null also where the user id tells."""
    name: str
    """As in the newest of the sessions."""
    seconds: float
    share: Annotated[float, Meta(ge=0, le=1)]
    """Of the `seconds` of all talkers."""
    sessions: int
    """In how many of them they talked."""


class TalkTime(Struct, frozen=True, kw_only=True):
    """`GET /v1/analytics/talk-time`.

    In each session by `participant.speaking`; where nobody said that, by the transcript, in which a person's
    time in several segments at once counts once.
    """

    sessions: int
    """That were looked at."""
    transcribed_sessions: int
    """Those of them where it is by the transcript."""
    seconds: float
    """Of all talkers together."""
    unattributed: float
    """Seconds of transcripts without a speaker; in no share."""
    count: int
    """Talkers in all."""
    data: list[Talker]
    """Those who talked most, by seconds; as many as `limit` says."""
