"""What emogg has published."""

from contract.compat.conformance import Endpoint, Published
from contract.compat.shape import (
    BOOLEAN,
    HEX,
    INTEGER,
    MILLISECONDS,
    NUMBER,
    OBJECT,
    STRING,
    constant,
    optional,
    words,
)

SESSION = {
    "_id": HEX,
    "name": STRING,
    "type": words("live_analysis", "livestream", "participant"),
    "state": words("active", "finished"),
    "timestamp": MILLISECONDS,
    "duration": NUMBER,
    "config": optional(OBJECT),
    "sources": optional(
        [{"id": STRING, "name": optional(STRING), "type": optional(STRING), "device": optional(STRING)}]
    ),
    "meta": {
        "expires": MILLISECONDS,
        "healthCheck": optional(MILLISECONDS),
        "workerState": optional(STRING),
    },
    "product": STRING,
    "user": STRING,
    "version": constant(3),
}
NEW = {name: kind for name, kind in SESSION.items() if name != "config"} | {
    "sources": optional([{"id": STRING, "type": constant("stream")}]),
    "meta": {"expires": MILLISECONDS},
}
"""One that was just created: nothing has been said of it yet but its name and its stream."""
A_SESSION = "GET /v1/sessions/{sessionId}"
SESSIONS = "GET /v1/sessions"
CREATE = "POST /v1/sessions"
RENAME = "PATCH /v1/sessions/{sessionId}"
STOP = "POST /v1/sessions/{sessionId}/stop"

PUBLISHED = Published(
    "emogg",
    {
        A_SESSION: Endpoint(SESSION, failures=(401, 404)),
        SESSIONS: Endpoint(
            {"hasMore": BOOLEAN, "offset": INTEGER, "limit": INTEGER, "data": [SESSION]},
            parameters=("state=active", "state=finished", "type", "from", "to", "limit", "offset"),
            failures=(400, 401, 404),
        ),
        CREATE: Endpoint(NEW, parameters=("name", "streamUri"), failures=(400, 401, 404)),
        RENAME: Endpoint(SESSION, parameters=("name",), failures=(400, 401, 404)),
        STOP: Endpoint(SESSION, failures=(400, 401, 404)),
    },
    {"statusCode": INTEGER, "error": STRING, "message": STRING},
)
