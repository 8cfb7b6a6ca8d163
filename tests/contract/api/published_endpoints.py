"""Native requests that answer what a published endpoint does: parts of the rows of `published_systems.py`."""

from typing import Any, NamedTuple
from urllib.parse import quote

WEEKLY, PITCH, REVIEW = "{session_id}", "{ended_id}", "{scheduled_id}"
"""The sessions of the stage: a live one, which has everything, one that has ended, one to come. Newest first
they are `REVIEW`, `WEEKLY`, `PITCH`."""

_SHOWN = {"ended_id": "session_id", "other_meeting_id": "meeting_id", "nobody": "session_id"}
"""Names of the stage that stand for others of the same kind."""


class Endpoint(NamedTuple):
    """A native request to the stage (`published_stage.py`), and what is seen in its answer.

    Texts may have names of the stage in braces, such as `{session_id}`.
    """

    system: str
    published: str
    """Method and path of the system, below its base."""
    parameter: str
    """Of the published endpoint; empty: the endpoint itself."""
    method: str
    path: str
    query: dict[str, Any]
    """The first one does what the published parameter does: without it, another thing is seen. As a cursor,
    `{next}` is that of the page before."""
    body: Any
    read: str
    """Where in what was answered the value is; `*` is each of a list."""
    value: Any
    """What is there; `...` stands for whatever is not empty, a set for its things in any order."""
    form: str
    """How the answer is read: one of `FORMS` of the test; of a `download`, what its URL opens."""
    key: str
    """Whose request it is: `own`, `admin`, `reader`, `none`, `wrong`."""
    then: str
    """What is read after the request, in place of its answer."""
    download: bool
    answered: int
    """Status of the answer; 0: any refusal."""

    def __str__(self) -> str:
        return f"{self.system}: {self.published} {self.parameter}".rstrip()

    @property
    def native(self) -> str:
        """The request as the table shows it."""
        path = self.path
        for name, other in _SHOWN.items():
            path = path.replace(f"{{{name}}}", f"{{{other}}}")
        query = "&".join(f"{name}={quote(str(value), safe='{},:')}" for name, value in self.query.items())
        return f"{self.method} {path}" + (f"?{query}" if query else "")


class Requests:
    """Makes the rows of one published endpoint.

    Args:
        system: Whose it is.
        published: Its method and path.
    """

    def __init__(self, system: str, published: str) -> None:
        self._system = system
        self._published = published

    def ask(
        self,
        parameter: str,
        request: str,
        read: str,
        value: Any,
        *,
        body: Any = None,
        form: str = "json",
        key: str = "own",
        then: str = "",
        download: bool = False,
        answered: int = 200,
        **query: Any,
    ) -> Endpoint:
        method, _, path = request.partition(" ")
        return Endpoint(
            system=self._system,
            published=self._published,
            parameter=parameter,
            method=method,
            path=path,
            query={name.rstrip("_"): value for name, value in query.items()},
            body=body,
            read=read,
            value=value,
            form=form,
            key=key,
            then=then,
            download=download,
            answered=answered,
        )

    def get(self, parameter: str, path: str, read: str, value: Any, **more: Any) -> Endpoint:
        return self.ask(parameter, f"GET {path}", read, value, **more)

    def post(
        self, parameter: str, path: str, read: str, value: Any, answered: int = 201, **more: Any
    ) -> Endpoint:
        return self.ask(parameter, f"POST {path}", read, value, answered=answered, **more)

    def file(self, parameter: str, path: str, read: str, value: Any, form: str) -> Endpoint:
        """What the download URL of a format opens, without a key."""
        return self.get(parameter, path, read, value, form=form, download=True, format=form)

    def refusal(
        self,
        parameter: str,
        path: str,
        code: Any,
        *,
        read: str = "error.code",
        key: str = "own",
        **query: Any,
    ) -> Endpoint:
        return self.get(parameter, path, read, code, key=key, answered=0, **query)
