"""Whether the hub is well."""

from hub.api.operation import Answer, Operation
from hub.edge.metrics import CONTENT_TYPE
from schemas.requests import Health

_GROUP = "health"

LIVE = Operation(
    name="get_health",
    group=_GROUP,
    method="GET",
    path="/healthz",
    summary="The process answers",
    answers={200: Answer(about="It does.", body=Health)},
)
READY = Operation(
    name="get_readiness",
    group=_GROUP,
    method="GET",
    path="/readyz",
    summary="The hub can do its work",
    answers={
        200: Answer(about="It can.", body=Health),
        503: Answer(about="It cannot, and this is why.", body=Health),
    },
)
METRICS = Operation(
    name="get_metrics",
    group=_GROUP,
    method="GET",
    path="/metrics",
    summary="What the hub counts, in the text format of Prometheus",
    answers={200: Answer(about="The metrics.", content_types=(CONTENT_TYPE,))},
)
