"""Stream tokens."""

from hub.api.operation import Answer, Body, Operation
from schemas.requests import CreateToken, Token

CREATE = Operation(
    name="create_token",
    group="credentials",
    method="POST",
    path="/v1/tokens",
    summary="Make a read-only stream token for a browser",
    about="It opens one session, or the organization's feed; streams take it as `?token=`.",
    scope="subscribe",
    body=Body(
        type=CreateToken,
        examples={
            "session": {"session_id": "ses_0123456789abcdefghjk", "channels": ["status", "transcript"]},
            "feed": {"expires_in": 60},
        },
    ),
    answers={201: Answer(about="The token.", body=Token)},
    errors=("session_not_found",),
)
