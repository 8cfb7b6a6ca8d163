"""Summaries by a language model behind an OpenAI-compatible endpoint (`POST …/chat/completions`)."""

import asyncio
import logging
import random
from collections.abc import Sequence

import httpx
import msgspec
from msgspec import Struct

from hub.summary import prompt
from hub.summary.generator import SummaryFailure
from hub.summary.prompt import Message
from hub.summary.spoken import Line
from schemas import codec
from schemas.events import SummaryReady

_log = logging.getLogger("hub.summary")

TRIES = 4
"""How often a request is sent while the endpoint is busy, broken or away."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between two tries: twice as long each time, or what the endpoint asks for."""
MAX_ANSWER = 1_048_576
"""Bytes of an answer at most."""
_PATH = "/chat/completions"


class _Reply(Struct):
    content: str | None = None


class _Choice(Struct):
    message: _Reply


class _Completion(Struct):
    choices: list[_Choice]


_completions = msgspec.json.Decoder(_Completion)


class _Trouble(Exception):
    """A try failed; the next one may not."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pause = pause
        """Seconds that the endpoint asks for."""


class Completions:
    """Asks a model; a long transcript in parts, then once more over what it noted of them.

    Args:
        url: The base that `/chat/completions` is below, or the whole address.
        model: Which of the endpoint's models.
        key: Sent as a bearer; in no log and in no reason.
        timeout: Seconds for one request, from its first byte to the answer's last.
    """

    def __init__(self, *, url: str, model: str, key: str, timeout: float) -> None:
        base = url.rstrip("/")
        self._url = base if base.endswith(_PATH) else base + _PATH
        self._model = model
        self._key = key
        self._timeout = timeout

    async def write(self, lines: Sequence[Line]) -> SummaryReady:
        """A summary of what was said."""
        parts = await asyncio.to_thread(prompt.parts, lines)
        if not parts.texts:
            raise SummaryFailure("Nothing was said that could be summarized.")
        # In a thread, as it reads the certificates.
        client = await asyncio.to_thread(httpx.AsyncClient, timeout=self._timeout)
        async with client:
            if len(parts.texts) == 1:
                answer = await self._ask(client, prompt.of_all(parts.texts[0]))
            else:
                count = len(parts.texts)
                notes = [await self._ask(client, prompt.of_part(text, count)) for text in parts.texts]
                answer = await self._ask(client, prompt.of_notes(notes))
        ready = prompt.understood(answer, self._model, complete=parts.complete)
        if ready is None:
            raise SummaryFailure("The summary endpoint answered with an empty summary.")
        return ready

    async def _ask(self, client: httpx.AsyncClient, messages: list[Message]) -> str:
        """What the model answers, however often that has to be asked."""
        body = codec.encode({"model": self._model, "messages": messages})
        pause = FIRST_PAUSE
        trouble = _Trouble("was not asked")
        for number in range(1, TRIES + 1):
            try:
                async with asyncio.timeout(self._timeout):
                    return _content(await self._post(client, body))
            except TimeoutError:
                trouble = _Trouble(f"did not answer within {self._timeout:g} s")
            except _Trouble as error:
                trouble = error
            _log.warning("the summary endpoint %s (try %d of %d)", trouble.reason, number, TRIES)
            if number < TRIES:
                wanted = pause * random.uniform(0.5, 1) if trouble.pause is None else trouble.pause
                await asyncio.sleep(min(wanted, LONGEST_PAUSE))
                pause *= 2
        raise SummaryFailure(f"The summary endpoint {trouble.reason}, {TRIES} times.")

    async def _post(self, client: httpx.AsyncClient, body: bytes) -> bytes:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            async with client.stream("POST", self._url, content=body, headers=headers) as response:
                _judge(response)
                received = bytearray()
                async for chunk in response.aiter_bytes():
                    received += chunk
                    if len(received) > MAX_ANSWER:
                        raise SummaryFailure(f"The summary endpoint answered more than {MAX_ANSWER} bytes.")
                return bytes(received)
        except httpx.TimeoutException:
            raise TimeoutError from None
        except httpx.HTTPError as error:
            # Only its name: what it says may quote what was sent.
            raise _Trouble(f"cannot be reached ({type(error).__name__})") from None


def _judge(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status == 429 or status >= 500:
        raise _Trouble(f"answered {status}", _pause(response.headers.get("retry-after", "")))
    if status in (401, 403):
        raise SummaryFailure(f"The summary endpoint refused the key ({status}).")
    raise SummaryFailure(f"The summary endpoint answered {status}.")


def _pause(text: str) -> float | None:
    """Seconds of a `Retry-After`; None if it is none or a date."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _content(body: bytes) -> str:
    try:
        return _completions.decode(body).choices[0].message.content or ""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, IndexError):
        raise SummaryFailure("The summary endpoint answered something that is no chat completion.") from None
