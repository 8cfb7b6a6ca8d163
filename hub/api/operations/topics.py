"""Topics."""

from hub.api.operation import Answer, Body, Operation
from hub.api.parameter import PLACE, limit
from schemas.directory import CreateTopic, Topic, TopicList, UpdateTopic

_ONE = "/v1/topics/{topic_id}"
_GROUP = "meetings and topics"

CREATE = Operation(
    name="create_topic",
    group=_GROUP,
    method="POST",
    path="/v1/topics",
    summary="Make a topic",
    scope="manage",
    body=Body(type=CreateTopic, examples={"plain": {"name": "Sales", "language": "en"}}),
    answers={201: Answer(about="The topic.", body=Topic, headers={"Location": "Its path."})},
)
LIST = Operation(
    name="list_topics",
    group=_GROUP,
    method="GET",
    path="/v1/topics",
    summary="Topics by pages, newest first",
    scope="subscribe",
    parameters=(limit("Topics of a page.", 200, 50), PLACE),
    answers={200: Answer(about="A page.", body=TopicList)},
)
GET = Operation(
    name="get_topic",
    group=_GROUP,
    method="GET",
    path=_ONE,
    summary="A topic",
    scope="subscribe",
    parameters=(),
    answers={200: Answer(about="The topic.", body=Topic)},
    errors=("topic_not_found",),
)
UPDATE = Operation(
    name="update_topic",
    group=_GROUP,
    method="PATCH",
    path=_ONE,
    summary="Change what is said of a topic",
    about="What is left out stays, null takes it away.",
    scope="manage",
    body=Body(type=UpdateTopic, examples={"plain": {"name": "Sales calls", "alias": None}}),
    answers={200: Answer(about="The topic.", body=Topic)},
    errors=("topic_not_found",),
)
DELETE = Operation(
    name="delete_topic",
    group=_GROUP,
    method="DELETE",
    path=_ONE,
    summary="Delete a topic",
    about="Sessions keep its id.",
    scope="manage",
    answers={204: Answer(about="It is gone.")},
    errors=("topic_not_found",),
)
