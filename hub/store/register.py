"""A sorted set of ids by number, read by pages with what each id stands for."""

from msgspec import Struct

from hub.store.client import Client, raised


class RegisterPage(Struct, frozen=True):
    """A page, newest first."""

    records: list[tuple[str, dict[str, str]]]
    """Ids, each with the fields of its hash."""
    next: int | None
    """The number below which the next page begins; None on the last one."""
    count: int
    """Ids on all pages."""


async def register_page(
    client: Client, register: str, prefix: str, *, below: int | None, limit: int
) -> RegisterPage:
    """A page of what is registered.

    Args:
        client: To read with.
        register: Key of the sorted set.
        prefix: Of the keys of the hashes, before the id.
        below: Begin below this number; None to begin with the newest.
        limit: Ids at most.

    Raises:
        Unavailable.
    """
    begin = "+inf" if below is None else f"({below}"
    found, count = raised(
        await client.pipeline(
            (
                ("ZREVRANGEBYSCORE", register, begin, "-inf", "WITHSCORES", "LIMIT", 0, limit + 1),
                ("ZCARD", register),
            )
        )
    )
    rows = list(zip(found[::2], found[1::2], strict=True))
    shown, more = rows[:limit], len(rows) > limit
    ids = [name.decode() for name, _number in shown]
    hashes = raised(await client.pipeline([("HGETALL", prefix + name) for name in ids])) if ids else []
    records = [(name, fields(reply)) for name, reply in zip(ids, hashes, strict=True) if reply]
    return RegisterPage(records, int(shown[-1][1]) if more else None, count)


def fields(reply: list[bytes]) -> dict[str, str]:
    """The fields of a hash."""
    return {name.decode(): value.decode() for name, value in zip(reply[::2], reply[1::2], strict=True)}
