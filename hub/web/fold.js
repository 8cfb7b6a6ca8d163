/**
 * The fold for browsers: from a snapshot and a frame to the next snapshot, by the rules of `hub.core`.
 *
 * Nothing is changed in place; parts that a frame does not touch are shared between the snapshots. Both
 * folds are held together by the golden files in `tests/golden/fold`.
 */

import { compareIds } from "./entry-id.js";
import { applyFeed } from "./feed.js";
import {
  botLost,
  everyoneLeft,
  participantJoined,
  participantLeft,
  participantReported,
  participantSpeaking,
  participantUpdated,
} from "./participants.js";
import {
  corrected,
  retracted,
  segmentChange,
  segmentEntry,
  segmentsTimed,
  speakerOf,
} from "./segments.js";
import {
  botAssigned,
  createdValues,
  filled,
  isTerminal,
  later,
  momentOf,
  roomClosed,
  roomOpened,
  statusValues,
  updatedValues,
  withSession,
} from "./session.js";

export { compareIds };

const MESSAGES = 50;
const LINES = 50;
const CHAPTERS = 500;

/**
 * Keep a snapshot up to date.
 *
 * Only the channels that the snapshot has are updated. A snapshot or reset frame replaces it, a bookmark
 * advances `session.last_entry_id`, an unknown type that and `session.updated_at`. While there is no
 * snapshot (null), entries change nothing.
 *
 * @param {object | null} snapshot A `Snapshot`, or of the organization's feed a `FeedSnapshot`; not changed.
 * @param {object} frame A frame as it was received, decoded.
 * @returns {object | null} The snapshot after the frame.
 */
export function apply(snapshot, frame) {
  if (frame.type === "snapshot") return frame.data;
  if (frame.type === "reset") return frame.data.snapshot;
  if (!snapshot) return snapshot;
  if (frame.feed) return applyFeed(snapshot, frame);
  const change = frame.at === undefined ? undefined : CHANGES.get(frame.type);
  const changed = change === undefined ? snapshot : change(snapshot, frame);
  const position = {};
  if (frame.id !== undefined) position.last_entry_id = frame.id;
  if (frame.at !== undefined && frame.type !== "log.entry") position.updated_at = frame.at;
  return withSession(changed, position);
}

function statusChanged(snapshot, frame) {
  const { data } = frame;
  const at = later(momentOf(snapshot.session, frame), snapshot.session.started_at);
  const before = snapshot.session.started_at;
  const changed = withSession(snapshot, statusValues(snapshot.session, data, at));
  const next = changed.session.started_at === before ? changed : segmentsTimed(changed);
  return isTerminal(data.status) ? everyoneLeft(next, at) : next;
}

function chatMessage(snapshot, { data, at }) {
  const count = snapshot.session.message_count + 1;
  const next = withSession(snapshot, { message_count: count });
  if (!snapshot.chat) return next;
  const messages = snapshot.chat.messages;
  const index = messages.findIndex((one) => one.message_id === data.message_id);
  const old = index < 0 ? undefined : messages[index];
  const message = {
    message_id: data.message_id,
    sender: speakerOf(data.sender),
    text: data.text,
    at: old?.at ?? at,
    edited: old !== undefined && (old.edited || old.text !== data.text),
  };
  const all = index < 0 ? [...messages, message] : messages.with(index, message);
  next.chat = {
    messages: all.slice(-MESSAGES),
    truncated: snapshot.chat.truncated || all.length > MESSAGES,
  };
  return next;
}

function logEntry(snapshot, { id, data, at }) {
  if (!snapshot.logs) return snapshot;
  const line = {
    id,
    at,
    level: data.level,
    message: data.message,
    source: data.source ?? null,
    fields: data.fields ?? {},
  };
  const lines = [...snapshot.logs.lines, line];
  const truncated = snapshot.logs.truncated || lines.length > LINES;
  return { ...snapshot, logs: { lines: lines.slice(-LINES), truncated } };
}

// Artifacts

function withArtifacts(snapshot, values) {
  if (!snapshot.artifacts) return snapshot;
  return { ...snapshot, artifacts: { ...snapshot.artifacts, ...values } };
}

function chapterAdded(snapshot, { data }) {
  const { chapters = [], truncated = false } = snapshot.artifacts ?? {};
  const chapter = { title: data.title, start: data.start, end: data.end ?? null };
  const others = chapters.filter((old) => old.start !== data.start);
  const all = [...others, chapter].sort((a, b) => a.start - b.start);
  return withArtifacts(snapshot, {
    chapters: all.slice(-CHAPTERS),
    truncated: truncated || all.length > CHAPTERS,
  });
}

function summaryChange(snapshot, { type, data, at }) {
  const state = type.slice("summary.".length);
  const summary = {
    state,
    ...filled(data, ["text", "format", "notes", "model", "reason"]),
    keywords: data.keywords ?? [],
    updated_at: at,
  };
  if ("text" in data) summary.format ??= "text";
  return withArtifacts(withSession(snapshot, { summary_state: state }), { summary });
}

const RECORDING = [
  "state",
  "url",
  "format",
  "duration",
  "size",
  "segment_count",
  "audio_file_count",
  "video_file_count",
  "output_directory",
];

function recordingUpdated(snapshot, { data, at }) {
  return withArtifacts(snapshot, { recording: { ...filled(data, RECORDING), updated_at: at } });
}

const CHANGES = new Map([
  ["session.created", (snapshot, { data, at }) => withSession(snapshot, createdValues(data, at))],
  ["session.status_changed", statusChanged],
  ["session.updated", (snapshot, { data }) => withSession(snapshot, updatedValues(data))],
  ["session.sealed", (snapshot) => withSession(snapshot, { sealed: true })],
  ["bot.assigned", botAssigned],
  ["bot.lost", botLost],
  ["breakout.opened", roomOpened],
  ["breakout.closed", roomClosed],
  ["participant.joined", participantJoined],
  ["participant.updated", participantUpdated],
  ["participant.speaking", participantSpeaking],
  ["participant.left", participantLeft],
  ["transcript.segment", segmentEntry],
  ["transcript.retracted", segmentChange(retracted, (data) => [data.segment_id])],
  ["transcript.speaker_corrected", segmentChange(corrected, (data) => data.segment_ids)],
  ["chat.message", chatMessage],
  ["chapter.added", chapterAdded],
  ["summary.requested", summaryChange],
  ["summary.ready", summaryChange],
  ["summary.failed", summaryChange],
  ["recording.updated", recordingUpdated],
  ["peer.report", participantReported],
  ["log.entry", logEntry],
]);
