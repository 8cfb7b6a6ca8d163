"""A bot that is connected and silent: dead for all that can be seen."""

import httpx
from contract.bots.playing import playing, wanting
from servers import HubServer


def test_who_lost_a_session_by_silence_is_not_given_it_again(
    hasty_hub: HubServer, hasty: httpx.Client, key: str
) -> None:
    with playing(hasty_hub, key, "silent", slots=5) as silent:
        session_id = wanting(hasty)
        assert silent.next("assign")["lease"] == 1
        # The silent one has more room than the other.
        with playing(hasty_hub, key, "alive", slots=1) as alive:
            assert alive.next("assign", session_id)["lease"] == 2
        assert silent.next("lost", session_id)["lease"] == 1
        other = wanting(hasty)
        silent.leases.clear()
        silent.beat()
        assert silent.next("assign", other)["lease"] == 1
