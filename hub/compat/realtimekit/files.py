"""What realtimekit gives as files: transcripts, the chat, the summary."""

import csv
import io
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

from starlette.responses import Response

from hub.api.native import Native
from hub.compat import ids
from hub.compat.realtimekit.shapes import PeerData, Sentence
from hub.core.export import FORMATS, Format, Heading, json_array
from hub.core.fold import State
from hub.edge.auth import Credential
from schemas import codec
from schemas.session import Message, Segment

CHAT = (
    "id",
    "participantId",
    "sessionId",
    "meetingId",
    "displayName",
    "pinned",
    "isEdited",
    "payloadType",
    "payload",
    "createdAt",
)
"""Columns of the chat."""
_FRESH = {"Cache-Control": "no-store"}

File = Callable[[Native, Credential, str], Awaitable[Response]]
"""Renders what there is of a session."""


def _transcript(form: Callable[[State], Format]) -> File:
    async def rendered(native: Native, credential: Credential, session_id: str) -> Response:
        return await native.transcript.file(credential, session_id, form, session_id)

    return rendered


def spoken(state: State, segment: Segment) -> Sentence:
    """A segment of a transcript, and who said it."""
    speaker, who = segment.speaker, None
    if speaker is not None and speaker.participant_id is not None:
        who = state.participants.get(speaker.participant_id)
    return Sentence(
        start_time=round(segment.start * 1000),
        end_time=round(segment.end * 1000),
        sentence=segment.text,
        peer_data=PeerData(
            id=None if who is None else ids.to_peer(state.session_id, who.participant_id),
            user_id=None if who is None else who.user_id,
            display_name=None if speaker is None else speaker.name,
            cpi=None if who is None else who.custom_id,
            joined_at=None if who is None else codec.timestamp(who.joined),
            left_at=None if who is None or who.left is None else codec.timestamp(who.left),
        ),
    )


def _as_csv(state: State) -> Format:
    def pieces(_heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
        for one in (spoken(state, segment) for segment in segments):
            peer = one.peer_data
            yield _line(one.start_time, peer.id, peer.user_id, peer.cpi, peer.display_name, one.sentence)

    return Format("text/csv; charset=utf-8; header=absent", pieces)


def _as_json(state: State) -> Format:
    def pieces(_heading: Heading, segments: Iterable[Segment]) -> Iterator[str]:
        return json_array(spoken(state, segment) for segment in segments)

    return Format("application/json", pieces)


def _line(*cells: object) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()


async def _chat(native: Native, credential: Credential, session_id: str) -> Response:
    state = await native.sessions.state(credential, session_id)
    said = await native.entries.messages(credential, session_id)
    text = _line(*CHAT) + "".join(_line(*_message(state, one)) for one in said)
    return Response(text, headers=_FRESH, media_type="text/csv; charset=utf-8; header=present")


def _message(state: State, one: Message) -> tuple[str, ...]:
    who = None if one.sender is None else one.sender.participant_id
    return (
        one.message_id,
        "" if who is None else ids.to_peer(state.session_id, who),
        ids.to_uuid(state.session_id),
        state.about.meeting_id or "",
        "" if one.sender is None else one.sender.name,
        "false",
        str(one.edited).lower(),
        "TEXT_MESSAGE",
        one.text,
        one.at,
    )


async def _summary(native: Native, credential: Credential, session_id: str) -> Response:
    text = await native.summary.text(credential, session_id)
    return Response(text, headers=_FRESH, media_type="text/plain")


FILES: Mapping[str, File] = {
    "transcript.srt": _transcript(lambda _state: FORMATS["srt"]),
    "transcript.vtt": _transcript(lambda _state: FORMATS["vtt"]),
    "transcript.json": _transcript(_as_json),
    "transcript.csv": _transcript(_as_csv),
    "chat.csv": _chat,
    "summary.txt": _summary,
}
"""What can be downloaded."""
