"""The AsyncAPI document: all frames there are validate against it, and what it says is said to a hub."""

import json
from typing import Any

import pytest
from contract.api.asking import client, new
from contract.bots.playing import dialled
from jsonschema import Draft202012Validator, ValidationError
from servers import HubServer
from unit.schemas import golden_files
from websockets.sync.client import connect

from documents.asyncapi import BOT_MESSAGES, BOT_OPERATIONS, STREAM_CHANNELS
from documents.asyncapi import OPERATIONS as SPOKEN
from documents.found import BOT_SAID, GOLDEN, OPERATIONS, SAID, SESSION_ID, TOLD, message_of, messages
from documents.found import frame_examples as examples
from documents.test_answers import fixed
from documents.written import check
from schemas.events import EVENT_TYPES


def strict(value: Any) -> Any:
    """A schema that takes no field which it does not name, so that what is left out shows."""
    if isinstance(value, list):
        return [strict(part) for part in value]
    if not isinstance(value, dict):
        return value
    closed = {name: strict(part) for name, part in value.items()}
    return {"additionalProperties": False, **closed} if isinstance(value.get("properties"), dict) else closed


COMPONENTS = strict(messages()["components"]["schemas"])
EXAMPLES = [(name, example) for name, found in examples().items() for example in found]


def fits(message: str, payload: Any) -> None:
    """A payload is what the document says of a message."""
    payload_schema = messages()["components"]["messages"][message]["payload"]
    schema = {**payload_schema, "components": {"schemas": COMPONENTS}}
    Draft202012Validator(schema).validate(payload)


def test_the_committed_document_is_this_one() -> None:
    check("asyncapi.json", messages())


@pytest.mark.parametrize("path", sorted((GOLDEN / "frames").iterdir()), ids=lambda path: path.stem)
def test_a_frame(path: Any) -> None:
    fits(message_of(path.stem), json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted((GOLDEN / "events").iterdir()), ids=lambda path: path.stem)
def test_an_event(path: Any) -> None:
    golden = json.loads(path.read_text(encoding="utf-8"))
    (message,) = [name for name, found in examples().items() if golden["entry"] in found]
    fits(message, golden["entry"])
    row = EVENT_TYPES.get(path.stem)
    if row is None or not row.reserved:
        said = SAID["Publish"][0] | {"events": [golden["published"]]}
        fits("Publish", said)


@pytest.mark.parametrize(("name", "payload"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_a_payload_with_another_field_does_not_fit(name: str, payload: Any) -> None:
    with pytest.raises(ValidationError):
        fits(name, {**payload, "bogus": 1})


def test_every_message_has_an_example_and_a_channel() -> None:
    document = messages()
    assert set(document["components"]["messages"]) == set(examples())
    sent = {name for channel in document["channels"].values() for name in channel["messages"]}
    assert sent == set(examples())
    assert set(SAID) == {kind.__name__ for kind in SPOKEN.values()}
    assert set(BOT_SAID) == set(BOT_OPERATIONS)


def test_every_stream_is_a_channel() -> None:
    streams = {one.name: one.path for one in OPERATIONS.values() if one.streams}
    channels = {name: one["address"] for name, one in messages()["channels"].items()}
    assert channels == {**streams, "socket": "/v1/ws", "bots": "/v1/bots"}
    assert set(STREAM_CHANNELS) == set(streams) - {"stream_feed"}


def test_what_is_said_on_a_socket(hub_server: HubServer, key: str) -> None:
    with client(hub_server, key) as api:
        session_id = new(api)
    url = hub_server.url.replace("http", "ws") + "/v1/ws"
    ids = {"session_id": session_id, "token": key}
    with connect(url, subprotocols=["hub.v1"]) as socket:
        for name in ("Auth", "Subscribe", "Publish", "Unsubscribe", "Ping"):
            for said in SAID[name]:
                fits(name, said)
                socket.send(json.dumps({field: ids.get(field, value) for field, value in said.items()}))
                while (frame := json.loads(socket.recv(10)))["type"] != "reply":
                    fits(_message(frame), frame)
                fits("Reply", frame)
                assert (frame["ok"], frame["ref"]) == (True, said["ref"])


def test_what_is_said_by_a_bot_and_to_it(hub_server: HubServer, key: str) -> None:
    with client(hub_server, key) as api, dialled(hub_server, key) as bot:
        ids: dict[str, str] = {}

        def say(name: str, which: int = 0) -> None:
            said = BOT_SAID[name][which]
            fits(name, said)
            bot.say(json.dumps(said).replace(SESSION_ID, ids.get("session_id", "")))
            reply = bot.next("reply")
            assert (reply["ref"], reply.get("error")) == (said["ref"], None)
            told("BotReply", reply, f"{said['op']}_{said['ref']}")

        def told(message: str, payload: Any, shows: str = "") -> None:
            fits(message, payload)
            golden_files.check(TOLD / f"{message}{shows and '-'}{shows}.json", fixed(payload))

        say("Register")
        say("Beat")
        link = "https://meet.google.com/abc-defg-hij"
        ids["session_id"] = new(api, title="Weekly", meeting_link=link, dispatch={"labels": ["eu"]})
        told("Assignment", bot.next("assign"))
        say("Beat", 1)
        say("BotPublish")
        api.post(f"/v1/sessions/{ids['session_id']}/stop", json={"reason": "enough"}).raise_for_status()
        told("Stop", bot.next("stop"))
        say("Release")
        say("Beat", 1)
        told("Lost", bot.next("lost"))
        told("BotReply", bot.ask("release", session_id=ids["session_id"], lease=2), "error")
        bot.say(b"not text")
        told("BotDisconnect", bot.ended()[0])
    assert {path.stem.partition("-")[0] for path in TOLD.iterdir()} == set(BOT_MESSAGES)


def _message(frame: dict[str, Any]) -> str:
    """The message that a frame of a socket is."""
    if "." not in frame["type"]:
        return message_of(frame["type"])
    if frame.get("feed"):
        return "FeedCounts" if frame["type"] == "session.counts" else "FeedEntry"
    return "".join(part.capitalize() for part in frame["type"].replace("_", ".").split(".")) + "Entry"
