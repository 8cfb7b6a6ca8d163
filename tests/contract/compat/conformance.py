"""What a system has published, what of it was seen to hold, and the table of both.

Each system has a module `published_<name>.py` with its `PUBLISHED`, written down by hand from what the
system has published, and tests that show each part of it. `schemas/conformance.md` is made, with
`UPDATE_GOLDEN=1`, when they have shown all: a part that no test has seen fails the last one.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from contract.compat.shape import differences, fields, seen, variants

TABLE = Path(__file__).parents[3] / "schemas" / "conformance.md"
HEAD = """\
# Conformance with five published session APIs

What each has published, and what was seen of it in the test run that made this file: every answer was held
to its fields, exactly, with their types, and each that may be null or left out was seen so and with a value;
every parameter was asked for with and without, and changed the answer; every failure was provoked.
"""


class Endpoint(NamedTuple):
    """One endpoint as it was published."""

    shape: Any = None
    """Of its answer (`shape.py`); None if it is none of JSON."""
    parameters: tuple[str, ...] = ()
    """Of its query and of its body; a word of one as `name=word`."""
    failures: tuple[int, ...] = ()
    """Statuses in which it may fail."""


class Published(NamedTuple):
    """What a system has published."""

    system: str
    endpoints: Mapping[str, Endpoint]
    """By method and path."""
    failure: Any
    """The shape of what fails."""


class Shown:
    """Collects what the tests of a system have seen, in one run of its module."""

    def __init__(self, published: Published) -> None:
        self.published = published
        self._variants: set[tuple[str, str, str]] = set()
        self._answered: set[str] = set()
        self._parameters: set[tuple[str, str]] = set()
        self._failures: set[tuple[str, int]] = set()

    def answer(self, endpoint: str, answer: httpx.Response, status: int = 200) -> Any:
        """Hold an answer to the shape of the endpoint; its JSON."""
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
        value = None if not answer.content else answer.json()
        self.value(endpoint, value)
        return value

    def value(self, endpoint: str, value: Any) -> None:
        """Hold a value to the shape of the endpoint, such as an event of a stream."""
        shape = self.published.endpoints[endpoint].shape
        self._answered.add(endpoint)
        if shape is None:
            return
        assert differences(value, shape) == []
        self._variants |= {(endpoint, *one) for one in seen(value, shape)}

    def text(self, endpoint: str) -> None:
        """An endpoint without JSON has answered as it should."""
        assert self.published.endpoints[endpoint].shape is None
        self._answered.add(endpoint)

    def parameter(self, endpoint: str, name: str, without: Any, given: Any) -> None:
        """A parameter changes the answer."""
        assert name in self.published.endpoints[endpoint].parameters, name
        assert without != given, f"{name} changes nothing"
        self._parameters.add((endpoint, name))

    def failed(self, endpoint: str, answer: httpx.Response, status: int) -> Any:
        """An endpoint has failed in a way that was published; its JSON."""
        assert status in self.published.endpoints[endpoint].failures, status
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
        value = answer.json()
        assert differences(value, self.published.failure) == []
        self._failures.add((endpoint, status))
        return value

    def missing(self) -> list[str]:
        """What was published and not seen."""
        found: list[str] = []
        for name, endpoint in self.published.endpoints.items():
            if name not in self._answered:
                found.append(f"{name}: no answer")
            shape = {} if endpoint.shape is None else endpoint.shape
            unseen = {(name, *one) for one in variants(shape)} - self._variants
            found += [f"{name}: {field} never {how}" for _name, field, how in sorted(unseen)]
            unchanged = [one for one in endpoint.parameters if (name, one) not in self._parameters]
            found += [f"{name}: parameter {one}" for one in unchanged]
            found += [f"{name}: {one}" for one in endpoint.failures if (name, one) not in self._failures]
        return found

    def table(self) -> str:
        """Its part of the table."""
        lines = [f"## {self.published.system}", ""]
        for name, endpoint in self.published.endpoints.items():
            lines += [f"### `{name}`", ""]
            if endpoint.parameters:
                lines += ["Parameters: " + ", ".join(f"`{one}`" for one in endpoint.parameters) + ".", ""]
            if endpoint.failures:
                lines += ["Failures: " + ", ".join(str(one) for one in endpoint.failures) + ".", ""]
            rows = [] if endpoint.shape is None else [one for one in fields(endpoint.shape) if one[0]]
            if rows:
                lines += ["| field | type |", "|---|---|"]
                lines += [f"| `{field}` | {kind} |" for field, kind in rows]
                lines.append("")
        lines += ["### Failures", "", "| field | type |", "|---|---|"]
        lines += [f"| `{field}` | {kind} |" for field, kind in fields(self.published.failure) if field]
        return "\n".join(lines) + "\n"

    def conclude(self) -> None:
        """All was seen, and the table says so; last of the tests of a system."""
        missing = self.missing()
        assert not missing, "\n".join(missing)
        before = _sections(TABLE.read_text() if TABLE.exists() else "")
        if os.environ.get("UPDATE_GOLDEN"):
            before[self.published.system] = self.table()
            TABLE.write_text(HEAD + "\n" + "\n".join(before[name] for name in sorted(before)))
        assert before.get(self.published.system) == self.table()


def _sections(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split("\n## ")[1:]:
        name, _, _rest = part.partition("\n")
        found[name] = f"## {part.rstrip()}\n"
    return found
