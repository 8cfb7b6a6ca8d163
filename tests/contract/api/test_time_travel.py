"""`as_of`: a session as it was at each of its entries, from the stream alone."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.api.asking import NOBODY, Other, event, found, new, published, refused, sealed, seq, taken
from contract.api.asking import status as status_event
from contract.streaming.stage import of_every_channel
from delivery.judge import stored
from servers import HubServer, RedisServer, wait_until
from time_travel import meeting_into, travel

from hub.live.states import EVERY
from hub.store import layout

STANDUP = Path(__file__).parents[2] / "client" / "standup.vtt"


def as_of(api: httpx.Client, session_id: str, entry_id: str) -> httpx.Response:
    return api.get(f"/v1/sessions/{session_id}", params={"as_of": entry_id})


def test_at_every_entry_of_a_meeting_it_is_the_fold_of_the_prefix(
    hub_server: HubServer, redis_server: RedisServer
) -> None:
    session_id = meeting_into(hub_server, STANDUP)
    asked, wrong = travel(hub_server, redis_server, session_id)
    with redis_server.client() as store:
        assert asked == len(stored(store, "default", session_id)) > 20
    assert wrong == []


def written(store: Any, organization: str, session_id: str) -> int:
    """The `seq` up to which a session has been written down."""
    raw: bytes = store.get(layout.session_keys(organization, session_id).state) or b"|0-0|"
    return seq(raw.split(b"|", 2)[1].decode())


def test_it_goes_on_from_the_checkpoint_or_begins_before_it(
    api: httpx.Client, organization: str, redis_server: RedisServer
) -> None:
    session_id = new(api)
    early = published(api, session_id, *of_every_channel(0))
    for batch in range(3):
        published(api, session_id, *(event("x.n", n=batch * EVERY + n) for n in range(EVERY)))
    with redis_server.client() as store:
        wait_until(lambda: written(store, organization, session_id) > EVERY, "it is written down")
    late = published(api, session_id, *of_every_channel(1))
    with redis_server.client() as store:
        assert seq(early[-1]) < written(store, organization, session_id) < seq(late[0])
    for key, title in ((early[0], "Title 0"), (early[-1], "Title 0"), (late[0], "Title 1")):
        shown = taken(as_of(api, session_id, key))
        assert (shown["last_entry_id"], shown["title"]) == (key, title)
    assert taken(as_of(api, session_id, late[-1])) == found(api, session_id)
    people = [taken(as_of(api, session_id, key))["participant_counts"]["total"] for key in early[:2] + late]
    assert people == [0, 1, 1, 2, 2, 2, 2, 2, 2]


def test_the_past_of_a_sealed_session_stays(api: httpx.Client) -> None:
    session_id = new(api, title="then")
    told = published(api, session_id, status_event("active"))
    sealed(api, session_id)
    taken(api.patch(f"/v1/sessions/{session_id}", json={"title": "now"}))
    then = taken(as_of(api, session_id, told[0]))
    assert (then["title"], then["status"], then["sealed"], then["live"]) == ("then", "active", False, True)
    assert (then["ended_at"], then["updated_at"]) == (None, then["started_at"])


def test_trimmed_log_lines_are_counted_and_nothing_else_is_missed(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    with HubServer(tmp_path, own_redis, {"HUB_LOGS_KEPT": "5"}) as hub, hub.client() as api:
        session_id = new(api)
        told = published(api, session_id, *(part for n in range(20) for part in of_every_channel(n)))
        kept = {entry["id"] for entry in stored_in(own_redis, session_id)}
        trimmed = [key for key in told if key not in kept]
        assert len(trimmed) >= 10
        for key in (trimmed[0], trimmed[-1], told[-1]):
            shown = taken(as_of(api, session_id, key))
            lines = sum(seq(line) <= seq(key) for line in told[5::7])
            assert (shown["last_entry_id"], shown["log_count"]) == (key, lines)


def stored_in(server: RedisServer, session_id: str) -> list[dict[str, Any]]:
    with server.client() as store:
        return stored(store, "default", session_id)


@pytest.mark.parametrize("wrong", ["", "x", "1", "-", "0-0", "5-0", "1-1-1", " 1-1", "9" * 20 + "-1"])
def test_what_is_no_entry_id_is_refused(api: httpx.Client, wrong: str) -> None:
    refused(as_of(api, new(api), wrong), "invalid_parameter", field="as_of")


def test_an_entry_that_the_session_does_not_have_is_refused(api: httpx.Client, other: Other) -> None:
    session_id = new(api)
    (last,) = published(api, session_id, event("x.a"))
    ms, number = last.split("-")
    for entry_id, reason in (
        (f"{ms}-{int(number) + 1}", "ahead"),
        (f"{int(ms) + 1}-{int(number) + 5}", "ahead"),
        (f"{int(ms) - 1}-{number}", "rolled_back"),
    ):
        refused(as_of(api, session_id, entry_id), "invalid_parameter", field="as_of", reason=reason)
    for unknown in (NOBODY, other.live, "-"):
        refused(as_of(api, unknown, last), "session_not_found")
    twice = api.get(f"/v1/sessions/{session_id}?as_of={last}&as_of={last}")
    refused(twice, "invalid_parameter", field="as_of")


def test_a_deleted_session_has_no_past(api: httpx.Client) -> None:
    session_id = new(api)
    (last,) = published(api, session_id, event("x.a"))
    assert api.delete(f"/v1/sessions/{session_id}").status_code == 204
    refused(as_of(api, session_id, last), "session_not_found")
