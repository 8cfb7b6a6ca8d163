"""API keys."""

from hub.api.operation import Answer, Body, Operation
from schemas.requests import CreatedKey, CreateKey, KeyList

_GROUP = "credentials"

CREATE = Operation(
    name="create_key",
    group=_GROUP,
    method="POST",
    path="/v1/keys",
    summary="Make an API key; the only time it is shown",
    scope="admin",
    body=Body(
        type=CreateKey, examples={"plain": {"name": "dashboard", "scopes": ["subscribe"]}, "default": {}}
    ),
    answers={201: Answer(about="The key.", body=CreatedKey)},
)
LIST = Operation(
    name="list_keys",
    group=_GROUP,
    method="GET",
    path="/v1/keys",
    summary="The API keys, without their secrets",
    about="An admin of the organization `default` sees those of all organizations.",
    scope="admin",
    parameters=(),
    answers={200: Answer(about="All of them.", body=KeyList)},
)
REVOKE = Operation(
    name="revoke_key",
    group=_GROUP,
    method="DELETE",
    path="/v1/keys/{key_id}",
    summary="Revoke an API key",
    about="It takes effect within 5 s, on open connections too.",
    scope="admin",
    answers={204: Answer(about="It is gone.")},
    errors=("key_not_found",),
)
