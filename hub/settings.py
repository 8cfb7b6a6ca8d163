"""All settings, each a `HUB_*` environment variable. Frozen; an unknown `HUB_*` refuses to start."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_type_hints

import msgspec
from msgspec import Meta

from hub.address import Allowed, allowed
from hub.errors import ConfigurationError

_PREFIX = "HUB_"

Seconds = Annotated[float, Meta(gt=0, le=3_155_760_000)]
Duration = Annotated[float, Meta(ge=0, le=604_800)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Limit = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
"""0 stands for none."""


def _data_dir() -> str:
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return str(Path(home) / "session-hub")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be set. The description of each is part of its type and goes into the README."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on; 0 takes a free one")] = 8080
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/?#\s]+[^?#\s]*)?\Z",
            description="where clients reach the hub, for absolute URLs in answers of `/compat`, such as "
            "`https://hub.example.com`; empty: as each request says in `Host`",
        ),
    ] = ""
    workers: Annotated[
        int, Meta(ge=1, le=64, description="processes that serve; several share the port and one Redis")
    ] = 1
    data_dir: Annotated[str, Meta(description="where the key and the embedded Redis keep their data")] = (
        msgspec.field(default_factory=_data_dir)
    )
    redis_url: Annotated[
        str, Meta(description="Redis or Valkey to use, `redis://`, `rediss://` or `unix://`; empty: embedded")
    ] = ""
    durability: Annotated[
        Literal["everysec", "always"],
        Meta(
            description="of the embedded Redis: `always` syncs before each acknowledgement, "
            "`everysec` may lose the last two seconds when the machine or Redis itself dies"
        ),
    ] = "everysec"
    api_key: Annotated[
        str, Meta(description="admin key of the organization `default`; empty: made on the first start")
    ] = ""
    url: Annotated[str, Meta(description="where client commands find the hub; empty: the local one")] = ""
    cors_origins: Annotated[
        str, Meta(description="origins whose pages may use the API, separated by commas; `*` for all")
    ] = ""
    log_format: Annotated[Literal["text", "json"], Meta(description="format of the hub's own log")] = "text"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="least level that is logged")
    ] = "info"
    idle_timeout: Annotated[
        Seconds, Meta(description="seconds of silence after which a live session becomes failed, BOT_LOST")
    ] = 600
    late_window: Annotated[
        Seconds, Meta(description="seconds after its end in which a session still takes late events")
    ] = 600
    retention: Annotated[Seconds, Meta(description="seconds for which a sealed session is kept")] = (
        30 * 86_400
    )
    logs_kept: Annotated[Count, Meta(description="log entries kept of a session; older ones go")] = 10_000
    feed_kept: Annotated[Count, Meta(description="entries kept of an organization's feed")] = 10_000
    max_sessions: Annotated[
        Limit, Meta(description="sessions that an organization may have at once; 0: any number")
    ] = 1_000_000
    max_entries: Annotated[
        Limit, Meta(description="entries that a session may have, log entries apart; 0: any number")
    ] = 1_000_000
    max_bytes: Annotated[
        Limit, Meta(description="bytes that the data of a session's entries may have; 0: any number")
    ] = 268_435_456
    max_rate: Annotated[
        Limit, Meta(description="events a second that an organization may publish; 0: any number")
    ] = 0
    ring: Annotated[
        Count, Meta(description="newest entries of a followed session kept in memory for those who resume")
    ] = 1_000
    linger: Annotated[
        Seconds, Meta(description="seconds a session stays in memory after its last subscriber left")
    ] = 30
    ping_interval: Annotated[Seconds, Meta(description="seconds between the bookmarks of a quiet stream")] = (
        15
    )
    backlog: Annotated[Count, Meta(description="bytes that may wait for one subscriber before it is cut")] = (
        1_048_576
    )
    sweep_interval: Annotated[
        Seconds, Meta(description="seconds between looks for lost wakeups, idle and late sessions")
    ] = 3
    store_timeout: Annotated[
        Seconds, Meta(description="seconds after which an unanswered Redis counts as away")
    ] = 5
    request_timeout: Annotated[
        Seconds,
        Meta(description="seconds in which a request must have come, from its first byte to its last"),
    ] = 30
    drain_timeout: Annotated[
        Seconds, Meta(description="seconds that SIGTERM gives open connections to finish")
    ] = 10
    summary_url: Annotated[
        str,
        Meta(
            description="OpenAI-compatible endpoint that writes summaries, such as "
            "`https://api.example.com/v1`; empty: they are extracted from the transcript"
        ),
    ] = ""
    summary_model: Annotated[str, Meta(description="its model; needed with `HUB_SUMMARY_URL`")] = ""
    summary_key: Annotated[str, Meta(description="its key; needed with `HUB_SUMMARY_URL`")] = ""
    summary_timeout: Annotated[
        Seconds, Meta(description="seconds in which it must have answered a request")
    ] = 60

    lease: Annotated[
        Seconds, Meta(description="seconds after which a bot that is silent has lost its session")
    ] = 30
    bot_attempts: Annotated[
        Count, Meta(description="bots that a session may lose before it fails, BOT_LOST")
    ] = 3
    bot_lead: Annotated[
        Duration, Meta(description="seconds before its time at which a scheduled session is offered to bots")
    ] = 120
    deadline_unclaimed: Annotated[
        Duration,
        Meta(
            description="seconds in which a bot must take a session, else it fails, BOT_UNAVAILABLE; 0: any"
        ),
    ] = 300
    deadline_initializing: Annotated[
        Duration, Meta(description="seconds in which a bot must begin to join; 0: any")
    ] = 120
    deadline_joining: Annotated[Duration, Meta(description="seconds that joining may take; 0: any")] = 120
    deadline_waiting_room: Annotated[
        Duration, Meta(description="seconds in which the bot must be let in; 0: any")
    ] = 900
    deadline_leaving: Annotated[
        Duration, Meta(description="seconds in which a session that was stopped ends by itself")
    ] = 30
    deadline_duration: Annotated[
        Duration, Meta(description="seconds that a session with a bot lasts at most from its start; 0: any")
    ] = 28_800
    deadline_alone: Annotated[
        Duration, Meta(description="seconds for which a bot stays in a meeting with nobody in it; 0: any")
    ] = 300
    fetch_allow: Annotated[
        str,
        Meta(
            description="networks (`10.0.0.0/8`) and hosts, separated by commas, that files may be imported "
            "from although they are private"
        ),
    ] = ""
    fetch_max: Annotated[Count, Meta(description="bytes that a transcript to be imported may have")] = (
        8_388_608
    )
    fetch_timeout: Annotated[Seconds, Meta(description="seconds in which a file must have come")] = 60

    @property
    def redis_address(self) -> str:
        """`redis_url` as it may be shown."""
        return masked(self.redis_url)

    @property
    def origins(self) -> tuple[str, ...]:
        """`cors_origins` as a tuple."""
        return tuple(part.strip() for part in self.cors_origins.split(",") if part.strip())

    @property
    def fetchable(self) -> Allowed:
        """What `fetch_allow` says."""
        return allowed(part.strip() for part in self.fetch_allow.split(",") if part.strip())

    @classmethod
    def from_env(cls, environ: Mapping[str, str], **overrides: Any) -> Self:
        """Read the settings.

        Args:
            environ: Usually `os.environ`.
            overrides: Settings by name that win over the environment; None is ignored.

        Raises:
            ConfigurationError: an unknown `HUB_*` variable, or a value that does not fit.
        """
        values: dict[str, Any] = {}
        for variable, value in environ.items():
            if not variable.startswith(_PREFIX):
                continue
            name = variable.removeprefix(_PREFIX).lower()
            if name not in cls.__struct_fields__ or variable != variable.upper():
                raise ConfigurationError(f"There is no setting {variable}; see `hub settings`.")
            values[name] = value
        values |= {name: value for name, value in overrides.items() if value is not None}
        try:
            settings = msgspec.convert(values, cls, strict=False)
        except msgspec.ValidationError as error:
            text, _, path = str(error).partition(" - at `$.")
            variable = _PREFIX + path.rstrip("`").upper()
            raise ConfigurationError(f"{variable}={values.get(path.rstrip('`'))!r}: {text}.") from None
        _check_summary(settings)
        try:
            _ = settings.fetchable
        except ValueError as error:
            raise ConfigurationError(f"HUB_FETCH_ALLOW={settings.fetch_allow!r}: {error}.") from None
        return settings


def _check_summary(settings: Settings) -> None:
    """What says where summaries come from is said whole or not at all; no refusal quotes the key.

    Raises:
        ConfigurationError: it is not.
    """
    said = {
        "HUB_SUMMARY_URL": settings.summary_url,
        "HUB_SUMMARY_MODEL": settings.summary_model,
        "HUB_SUMMARY_KEY": settings.summary_key,
    }
    missing = [variable for variable, value in said.items() if not value]
    if missing and len(missing) < len(said):
        rest = " and ".join(variable for variable in said if variable not in missing)
        raise ConfigurationError(f"{' and '.join(missing)} must be set too, as {rest} is.")
    if settings.summary_url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", settings.summary_url):
        raise ConfigurationError("HUB_SUMMARY_URL is no http(s) URL without user, query and fragment.")
    if not re.fullmatch(r"[\x21-\x7e]*", settings.summary_key):
        raise ConfigurationError("HUB_SUMMARY_KEY is not printable ASCII without spaces.")
    if len(settings.summary_model) > 256:
        raise ConfigurationError("HUB_SUMMARY_MODEL is longer than 256 characters.")


def masked(url: str) -> str:
    """The URL of a Redis without its passwords."""
    # Up to the last `@`: in a URL that is not valid, a password may hold any character.
    url = re.sub(r"//([^:@]*):.*@", r"//\1:***@", url, flags=re.DOTALL)
    return re.sub(r"([?&]\w*password=)[^&]*", r"\1***", url)


def table() -> list[tuple[str, str, str]]:
    """Every setting as (variable, default, description), in the order of `Settings`."""
    hints = get_type_hints(Settings, include_extras=True)
    rows: list[tuple[str, str, str]] = []
    for field in msgspec.structs.fields(Settings):
        metas = [part for part in hints[field.name].__metadata__ if isinstance(part, Meta)]
        description = next(meta.description for meta in reversed(metas) if meta.description)
        default = "the user's data folder" if field.default is msgspec.NODEFAULT else str(field.default)
        rows.append((_PREFIX + field.name.upper(), default, description))
    return rows
