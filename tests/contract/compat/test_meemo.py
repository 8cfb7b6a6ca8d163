"""meemo: every field of its answers, every parameter and every failure."""

from collections.abc import Callable

import httpx
import pytest
from contract.api.asking import created, event, published
from contract.compat.conformance import Shown
from contract.compat.conftest import House
from contract.compat.meemo_creation import TestCreation
from contract.compat.meemo_failures import TestFailures
from contract.compat.meemo_lists import TestList
from contract.compat.meemo_meetings import TestMeeting, TestTopics
from contract.compat.meemo_stage import BASE, CALENDAR, Own, signed_in
from contract.compat.meemo_tokens import TestToken
from contract.compat.published_meemo import ORGANIZATIONS, PUBLISHED, ROOT

__all__ = ["TestCreation", "TestFailures", "TestList", "TestMeeting", "TestToken", "TestTopics"]


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown(PUBLISHED)


@pytest.fixture(scope="module")
def nobody(below: Callable[..., httpx.Client]) -> httpx.Client:
    return below(BASE)


@pytest.fixture(scope="module")
def api(below: Callable[..., httpx.Client], house: House) -> httpx.Client:
    return signed_in(below, house)


@pytest.fixture(scope="module")
def organization(shown: Shown, api: httpx.Client, house: House) -> int:
    (one,) = shown.answer(ORGANIZATIONS, api.get(f"{ROOT}/webhooks/available-organizations/"))
    assert one["name"] == house.organization
    return one["id"]


@pytest.fixture(scope="module")
def own(house_of: Callable[[], House], below: Callable[..., httpx.Client]) -> Own:
    """Makes organizations that nothing is in yet: each with a client of this system."""

    def make() -> tuple[House, httpx.Client]:
        house = house_of()
        return house, signed_in(below, house)

    return make


@pytest.fixture(scope="module")
def meetings(own: Own) -> tuple[House, httpx.Client, dict[str, int]]:
    """Made in the order weekly, review, pitch; they start in the order review, pitch, weekly."""
    house, api = own()
    native = house.native
    weekly = created(native, title="Weekly PLANNING", starts_at="2100-01-01T00:00:00Z")
    review = created(native, title="Review", calendar_event=CALENDAR, starts_at="2020-01-01T00:00:00Z")
    pitch = created(native, title="Pitch")
    people = {"ada": weekly, "bob": weekly, "cem": pitch}
    for name, session in people.items():
        joined = {"participant_id": name, "connection_id": name, "name": name, "user_id": f"u-{name}"}
        published(native, session["id"], event("participant.joined", **joined))
    published(native, review["id"], event("summary.ready", text="All well."))
    return house, api, {one["title"]: one["number"] for one in (weekly, review, pitch)}


def test_all_that_was_published_is_shown(shown: Shown) -> None:
    shown.conclude()
