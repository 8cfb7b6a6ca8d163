"""The official client of realtimekit, sync and async behind the same calls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from cloudflare import APIStatusError, AsyncCloudflare, Cloudflare


class Asked:
    """The client of the package, sync, or async if there is a `portal`."""

    def __init__(self, url: str, app: str, portal: BlockingPortal | None = None, **signed: str) -> None:
        made: Any = Cloudflare if portal is None else AsyncCloudflare
        self.client = made(
            base_url=f"{url}/compat/realtimekit", max_retries=0, _strict_response_validation=True, **signed
        )
        self.asked: set[str] = set()
        """The methods that were."""
        self._app = app
        self._portal = portal

    def __call__(self, method: str, *names: str, **parameters: Any) -> Any:
        """What a method answers; of the session, the participant or the peer that is named."""
        self.asked.add(method)
        asked = {"account_id": "any", "app_id": self._app} | parameters
        call = partial(getattr(self.client.realtime_kit.sessions, method), *names, **asked)
        return call() if self._portal is None else self._portal.call(call)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._portal is None:
            self.client.close()
        else:
            self._portal.call(self.client.close)

    @classmethod
    @contextmanager
    def both(cls, url: str, app: str, key: str) -> Iterator[dict[str, "Asked"]]:
        """Sync and async."""
        with (
            start_blocking_portal() as portal,
            cls(url, app, api_token=key) as by_sync,
            cls(url, app, portal, api_token=key) as by_async,
        ):
            yield {"sync": by_sync, "async": by_async}


def refused(kind: type[APIStatusError], call: Callable[[], Any]) -> APIStatusError:
    """What the client raises; it must be of this class, and tell what was answered."""
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert type(error) is kind, error
    (problem,) = error.errors
    assert type(problem.code) is int
    assert problem.message
    assert error.body == {
        "success": False,
        "errors": [{"code": problem.code, "message": problem.message}],
        "messages": [],
        "result": None,
    }
    return error
