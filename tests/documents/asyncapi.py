"""The AsyncAPI document: what travels on the WebSocket by its binding, and over SSE described as HTTP."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, get_args

from documents.components import COUNTS, components, pascal, reached
from documents.openapi import SECURITY as EVERY_WAY
from documents.structs import ref
from hub import __version__
from hub.api.bot_socket import SUBPROTOCOL as BOTS
from hub.api.operation import Operation
from hub.api.parameter import IN_PATHS
from hub.edge.socket import SUBPROTOCOL
from schemas import bots, frames
from schemas.errors import DISCONNECTS
from schemas.events import EVENT_TYPES, Channel

ABOUT = """\
What the hub sends to those who follow sessions, and what they may say on a WebSocket.

The JSON of a frame is the same over both transports: the text of a WebSocket message, the `data:` of an
event of SSE. AsyncAPI has no binding for SSE. Its streams are described over HTTP: the operation is the
request that opens the stream, with the query it takes, and each message is one event of the answer:
`id:` is the frame's `id`, `event:` its `type` (left out with `framing=message`), `data:` the frame;
`disconnect` and `end` have a `retry:` line too. A reconnect comes with `Last-Event-ID`.

A subscriber is sent a `snapshot`, then every entry of its channels exactly once and in order; or it is
told by a `reset`. Cursors are entry ids. Readers must accept types and fields that they do not know."""
STREAM_CHANNELS = {
    "stream_session": tuple(Channel),
    "stream_status": (Channel.STATUS, Channel.PARTICIPANTS),
    "stream_transcript": (Channel.TRANSCRIPT,),
    "stream_logs": (Channel.LOGS,),
}
"""What each stream of a session may send."""
CONTROLS = get_args(frames.ControlType)
SECURITY = {name: one for name, one in EVERY_WAY.items() if name != "downloadSignature"}
OPERATIONS = {one.__struct_config__.tag: one for one in get_args(frames.Operation)}
BOT_OPERATIONS = {one.__name__: one for one in get_args(bots.BotOperation)}
BOT_MESSAGES = {one.__name__: one for one in get_args(bots.BotMessage)}
FEED = ("FeedEntry", "FeedCounts")


def asyncapi(found: Iterable[Operation], examples: Mapping[str, Collection[Any]]) -> dict[str, Any]:
    """The document.

    Args:
        found: The operations of the HTTP API, streams among them.
        examples: Frames, by the name of the message.
    """
    streams = {one.name: one for one in found if one.streams}
    messages = _messages(examples)
    everything = [name for name in messages if name.endswith(("Entry", "Counts", "Frame"))]
    channels: dict[str, Any] = {
        "socket": _socket([*map(pascal, OPERATIONS), "Reply", *everything]),
        "bots": _bots([*BOT_OPERATIONS, *BOT_MESSAGES]),
    }
    operations: dict[str, Any] = {
        "send_frames": _sends("socket", everything, "Send what is followed on a WebSocket"),
    }
    for name, kind in OPERATIONS.items():
        operations[name] = _receives("socket", pascal(name), kind, "Reply")
    told = [name for name in BOT_MESSAGES if name != "BotReply"]
    operations["send_bot_messages"] = _sends("bots", told, "Give sessions to a bot, and take them away")
    for name, kind in BOT_OPERATIONS.items():
        operations[f"bot_{kind.__struct_config__.tag}"] = _receives("bots", name, kind, "BotReply")
    controls = [f"{pascal(name)}Frame" for name in CONTROLS]
    for name, operation in streams.items():
        if name in STREAM_CHANNELS:
            sent = [*_entries(STREAM_CHANNELS[name]), *controls]
        else:
            sent = [*FEED, *controls]
        channels[name] = _stream(operation, sent)
        operations[name] = {**_sends(name, sent, operation.summary), "bindings": {"http": _query(operation)}}
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "session-hub",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"websocket": _server("ws", "WebSocket."), "http": _server("http", "SSE.")},
        "channels": channels,
        "operations": operations,
    }
    schemas = reached({**document, "messages": messages}, components())
    document["components"] = {"messages": messages, "schemas": schemas, "securitySchemes": _security()}
    return document


def _server(protocol: str, about: str) -> dict[str, Any]:
    return {
        "host": "{host}",
        "protocol": protocol,
        "description": about,
        "variables": {"host": {"default": "localhost:8080", "description": "Where the hub listens."}},
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in SECURITY],
    }


def _security() -> dict[str, Any]:
    renamed = {"apiKey": "httpApiKey"}
    return {name: {**one, "type": renamed.get(one["type"], one["type"])} for name, one in SECURITY.items()}


def _entries(channels: Collection[Channel]) -> list[str]:
    found = [f"{pascal(name)}Entry" for name, row in EVENT_TYPES.items() if row.channel in channels]
    return [*found, "CustomEntry"] if Channel.CUSTOM in channels else found


def _messages(examples: Mapping[str, Collection[Any]]) -> dict[str, Any]:
    names = {f"{pascal(name)}Entry": name for name in EVENT_TYPES} | {"CustomEntry": "x.*"}
    names |= dict.fromkeys(("FeedEntry",), "session.* or bot.*") | {"FeedCounts": COUNTS}
    names |= {f"{pascal(name)}Frame": name for name in CONTROLS} | {"Reply": "reply"}
    names |= {pascal(name): name for name in OPERATIONS}
    spoken = BOT_OPERATIONS | BOT_MESSAGES
    names |= {name: str(kind.__struct_config__.tag) for name, kind in spoken.items()}
    return {
        component: {
            "name": name,
            "title": component,
            "payload": ref(component),
            "examples": [{"payload": example} for example in examples.get(component, ())],
            **({"description": _codes()} if name == "disconnect" else {}),
        }
        for component, name in names.items()
    }


def _codes() -> str:
    rows = [f"`{code}` ({row.number}): {row.message}" for code, row in DISCONNECTS.items()]
    return (
        "The connection ends, on a WebSocket with this close code; 4000 to 4499 mean come back, "
        "4500 to 4999 do not. " + " ".join(rows)
    )


def _of(channel: str, names: Iterable[str]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]


def _named(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _socket(names: Iterable[str]) -> dict[str, Any]:
    about = "Many sessions and publishing on one socket, as JSON in text messages."
    token = {"type": "string", "description": "A stream token or API key, for who cannot send the header."}
    return {
        "address": "/v1/ws",
        "title": "The WebSocket",
        "description": f"{about} Who has not sent a credential with the handshake says `auth` first.",
        "servers": [{"$ref": "#/servers/websocket"}],
        "messages": _named(names),
        "bindings": {"ws": _binding(SUBPROTOCOL, {"token": token})},
    }


def _bots(names: Iterable[str]) -> dict[str, Any]:
    return {
        "address": "/v1/bots",
        "title": "The WebSocket of bots",
        "description": "Sessions come to a bot, as JSON in text messages. It says `register` first, then a "
        "`heartbeat` with the sessions that it holds, and that again at least every third of the lease. "
        "The handshake has the header `Authorization`; the scope is `publish`.",
        "servers": [{"$ref": "#/servers/websocket"}],
        "messages": _named(names),
        "bindings": {"ws": _binding(BOTS, {})},
    }


def _binding(subprotocol: str, query: dict[str, Any]) -> dict[str, Any]:
    protocol = {"type": "string", "const": subprotocol, "description": "May be left out."}
    return {
        "method": "GET",
        "query": {"type": "object", "properties": query},
        "headers": {"type": "object", "properties": {"Sec-WebSocket-Protocol": protocol}},
        "bindingVersion": "0.1.0",
    }


def _stream(operation: Operation, names: Iterable[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "address": operation.path,
        "title": operation.summary,
        "description": "Server-Sent Events.",
        "servers": [{"$ref": "#/servers/http"}],
        "messages": _named(names),
    }
    if "{session_id}" in operation.path:
        session = IN_PATHS["session_id"]
        shown["parameters"] = {"session_id": {"description": session.about, "examples": [session.example]}}
    return shown


def _query(operation: Operation) -> dict[str, Any]:
    properties = {one.name: {**one.schema, "description": one.about} for one in operation.parameters or ()}
    return {
        "method": "GET",
        "query": {"type": "object", "properties": properties, "additionalProperties": False},
        "bindingVersion": "0.3.0",
    }


def _sends(channel: str, names: Iterable[str], summary: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": _of(channel, names),
    }


def _receives(channel: str, message: str, kind: type, reply: str) -> dict[str, Any]:
    about = (kind.__doc__ or "").strip().partition("\n")[0]
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": about.removesuffix("."),
        "messages": _of(channel, [message]),
        "reply": {"channel": {"$ref": f"#/channels/{channel}"}, "messages": _of(channel, [reply])},
    }
