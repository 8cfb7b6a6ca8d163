"""realtimekit by its official client: all methods and parameters, and each refusal as its own exception."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from anyio.from_thread import start_blocking_portal
from cloudflare import (
    APIStatusError,
    AuthenticationError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    UnprocessableEntityError,
)
from cloudflare.resources.realtime_kit.sessions import SessionsResource
from contract.api.asking import client, new, published, status, unique
from contract.compat.conftest import House
from contract.compat.official import Asked, refused
from contract.compat.played import Stage, played
from contract.compat.strictly import Checked
from servers import HubServer, RedisServer

from hub.compat import ids

STANDUP = Path(__file__).parents[2] / "client" / "standup.vtt"
METHODS = {
    name: method
    for name, method in inspect.getmembers(SessionsResource, inspect.isfunction)
    if name.startswith(("get_", "generate_"))
}
"""All that the package has for sessions."""
NAMED = {"account_id", "app_id", "session_id", "participant_id", "peer_id"}
"""Arguments that are parts of the path."""
WAYS = ("sync", "async")


class Place(NamedTuple):
    """A stage, and who asks for it."""

    house: House
    stage: Stage
    clients: dict[str, Asked]


@pytest.fixture(scope="module")
def place(house_of: Callable[[], House]) -> Iterator[Place]:
    house = house_of()
    with Asked.both(house.hub.url, house.organization, house.key) as clients:
        yield Place(house, played(house.native, house.organization, STANDUP), clients)


def arguments(name: str) -> set[str]:
    """The parameters of a method of the package."""
    found = inspect.signature(METHODS[name]).parameters.values()
    own = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
    return {one.name for one in found} - own - NAMED


def subjects(name: str, stage: Stage, session_id: str) -> dict[str, Any]:
    """What a method asks for, of a session."""
    peer = ids.to_peer(ids.of_uuid(session_id), stage.first)
    subjects = {"session_id": session_id, "participant_id": stage.first, "peer_id": peer}
    wanted = inspect.signature(METHODS[name]).parameters
    return {one: subjects[one] for one in subjects if one in wanted}


@pytest.mark.parametrize("way", WAYS)
def test_all_methods_with_every_parameter(place: Place, way: str) -> None:
    ask = place.clients[way]
    checked = Checked(ask, place.stage, place.house.native)
    checked.all()
    assert len(METHODS) == 9
    assert ask.asked == set(METHODS)
    assert checked.parameters == {f"{name}.{one}" for name in METHODS for one in arguments(name)}
    assert set(checked.downloads) == {"SRT", "VTT", "JSON", "CSV", "chat", "summary"}


@pytest.fixture(scope="module", params=WAYS)
def another(request: pytest.FixtureRequest, place: Place) -> Iterator[Callable[..., Asked]]:
    """`another(app_id?, **signed)`: a client who signs in otherwise."""
    with start_blocking_portal() as portal, ExitStack() as clients:

        def made(app: str | None = None, **signed: str) -> Asked:
            way = portal if request.param == "async" else None
            ask = Asked(place.house.hub.url, app or place.house.organization, way, **signed)
            return clients.enter_context(ask)

        yield made


def every(ask: Asked, stage: Stage, session_id: str) -> list[Callable[[], Any]]:
    """All methods, for a session."""
    return [partial(ask, name, **subjects(name, stage, session_id)) for name in METHODS]


def test_who_has_no_good_key(place: Place, another: Callable[..., Asked]) -> None:
    for signed in (
        {"api_token": f"{place.house.key}x"},
        {"api_token": "sk_nobody_nothing"},
        {"api_key": "sk_nobody_nothing", "api_email": "ann@example.org"},
    ):
        for call in every(another(**signed), place.stage, place.stage.meeting):
            assert refused(AuthenticationError, call).errors[0].code == 10000


def test_a_key_as_older_clients_send_it(place: Place, another: Callable[..., Asked]) -> None:
    ask = another(api_key=place.house.key, api_email="ann@example.org")
    assert ask("get_session_details", place.stage.meeting).data.id == place.stage.meeting


def test_who_may_not(place: Place, another: Callable[..., Asked]) -> None:
    for call in every(another(api_token=place.house.publisher), place.stage, place.stage.meeting):
        assert refused(PermissionDeniedError, call).errors[0].code == 9109
    # Who may read may not have summaries written.
    reader = another(api_token=place.house.reader)
    assert reader("get_sessions").success
    refused(PermissionDeniedError, lambda: reader("generate_summary_of_transcripts", place.stage.meeting))


def test_an_app_of_somebody_else(place: Place, other: House, another: Callable[..., Asked]) -> None:
    """As it is refused, nobody learns whether there is such an app."""
    bodies: list[object] = []
    for app in (other.organization, unique("nobody")):
        for call in every(another(app, api_token=place.house.key), place.stage, place.stage.meeting):
            error = refused(PermissionDeniedError, call)
            bodies.append(error.body)
    assert all(body == bodies[0] for body in bodies)


def test_no_such_session(place: Place, other: House, another: Callable[..., Asked]) -> None:
    ask, stage = another(api_token=place.house.key), place.stage
    foreign = new(other.native)
    published(other.native, foreign, status("active"))
    sessions = [ids.to_uuid(foreign), ids.to_uuid("ses_00000000000000000000"), stage.scheduled, "nonsense"]
    for session_id in sessions[:3]:
        for call in every(ask, stage, session_id)[:]:
            if call.args != ("get_sessions",):
                refused(NotFoundError, call)
    told = {str(refused(NotFoundError, partial(ask, "get_session_details", one)).body) for one in sessions}
    assert len(told) == 1
    for peer in ("nobody", "AAAA", stage.meeting, ids.to_peer(ids.of_uuid(stage.meeting), "nobody")):
        refused(NotFoundError, partial(ask, "get_participant_data_from_peer_id", peer))


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("get_sessions", {"page_no": -1}),
        ("get_sessions", {"page_no": 1.5}),
        ("get_sessions", {"page_no": 1e12}),
        ("get_sessions", {"per_page": 0}),
        ("get_sessions", {"per_page": 101}),
        ("get_sessions", {"sort_by": "title"}),
        ("get_sessions", {"sort_order": "asc"}),
        ("get_sessions", {"status": "live"}),
        ("get_sessions", {"start_time": "yesterday"}),
        ("get_sessions", {"end_time": "2026-13-01T00:00:00Z"}),
        ("get_sessions", {"associated_id": "a b"}),
        ("get_sessions", {"participants": ",".join(f"p{n}" for n in range(21))}),
        ("get_sessions", {"search": "x" * 257}),
        ("get_session_details", {"include_breakout_rooms": "perhaps"}),
        ("get_session_participants", {"page_no": "nan"}),
        ("get_session_participants", {"per_page": 1000}),
        ("get_session_participants", {"sort_by": "name"}),
        ("get_session_participants", {"view": "all"}),
        ("get_session_participants", {"include_peer_events": 7}),
        ("get_session_participant_details", {"include_peer_events": "no way"}),
        ("get_participant_data_from_peer_id", {"filters": "everything"}),
        ("get_session_transcripts", {"format": "srt"}),
    ],
)
def test_a_wrong_parameter_is_named(place: Place, method: str, wrong: dict[str, Any]) -> None:
    for way in WAYS:
        asked = subjects(method, place.stage, place.stage.meeting) | {"extra_query": wrong}
        error = refused(UnprocessableEntityError, partial(place.clients[way], method, **asked))
        assert f"`{next(iter(wrong))}`" in error.errors[0].message


def test_nothing_to_summarize(place: Place) -> None:
    for way in WAYS:
        asked = partial(place.clients[way], "generate_summary_of_transcripts", place.stage.early)
        refused(ConflictError, asked)


def test_the_store_is_away(tmp_path: Path) -> None:
    redis_server = RedisServer(tmp_path / "redis")
    redis_server.start()
    try:
        with HubServer(tmp_path / "hub", redis_server) as hub, client(hub, hub.key) as api:
            stage = played(api, "default", STANDUP)
            with Asked.both(hub.url, "default", hub.key) as clients:
                for ask in clients.values():
                    assert ask("get_session_details", stage.meeting).success
                redis_server.kill()
                for ask in clients.values():
                    for call in every(ask, stage, stage.meeting):
                        error = refused(InternalServerError, call)
                        assert isinstance(error, APIStatusError)
                        assert error.status_code == 503
    finally:
        redis_server.close()
