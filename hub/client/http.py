"""HTTP requests to the hub: a thin shell around httpx."""

import ipaddress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from hub.client.errors import HubUnavailable, problem

_Answer = TypeVar("_Answer")

KEEP_ALIVE = 3.0
"""Seconds an idle connection is used again: less than servers keep one, else a request can meet the close."""


def is_loopback(url: str) -> bool:
    """Whether `url` is on this machine, so that no proxy of the environment may come between."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Http:
    """A pool of connections to one hub, with its credential.

    Args:
        url: Base URL, such as `https://hub.example`.
        key: API key.
        timeout: Seconds for connecting, and for every wait for bytes.
    """

    def __init__(self, url: str, key: str, timeout: float) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=timeout,
            limits=httpx.Limits(max_connections=100, keepalive_expiry=KEEP_ALIVE),
            trust_env=not is_loopback(url),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """Send one request and return the body of its answer.

        Raises:
            HubRefused: the answer has a status of 400-499.
            HubUnavailable: there was no answer, or one of 500-599.
        """
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            answer = await self._client.request(method, path, params=params, content=body, headers=headers)
        except httpx.HTTPError as error:
            where = self._client.base_url
            raise HubUnavailable(f"The hub at {where} did not answer ({_told(error)}).") from error
        if answer.status_code >= 400:
            raise problem(answer.status_code, answer.content, answer.headers)
        if not answer.is_success:
            raise HubUnavailable(
                f"{answer.url} answered with status {answer.status_code}: it does not seem to be a hub.",
                status=answer.status_code,
            )
        return answer.content

    async def ask(self, answer: type[_Answer], method: str, path: str, **request: Any) -> _Answer:
        """`send`, and decode the answer; fields that are not known are left aside.

        Raises:
            HubRefused, HubUnavailable: as `send`; also HubUnavailable for an answer that is not an `answer`.
        """
        content = await self.send(method, path, **request)
        try:
            return msgspec.json.decode(content, type=answer)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HubUnavailable(f"The answer to {method} {path} cannot be understood: {error}.") from error


def _told(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
