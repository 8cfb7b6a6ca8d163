/** How transcript segments are assembled; the laws of `hub.core.transcript`. */

import { present, withSession } from "./session.js";

/** Segments in the tail of a snapshot. */
const SEGMENTS = 100;

/**
 * Of a tail: the position from which on it is complete but for partials that were not asked for. What is below
 * was left out of the snapshot; how it stood is not known here, so entries for it cannot be judged.
 */
const FLOOR = Symbol("floor");

/**
 * A segment after a `transcript.segment` entry, or `old` itself if that is superseded.
 *
 * @param {object | undefined} old The segment as it was, if there was one.
 * @param {object} data The entry's data.
 * @param {number} position The entry's position.
 * @param {string | null} startedAt The session's `started_at`.
 * @returns {object}
 */
export function revised(old, data, position, startedAt) {
  const revision = data.revision ?? 0;
  if (old) {
    const behind = data.final === old.final ? revision < old.revision : old.final;
    if (old.retracted || behind) return old;
  }
  const segment = {
    segment_id: data.segment_id,
    position,
    revision,
    final: data.final,
    retracted: false,
    corrected: old?.corrected ?? false,
    speaker: old?.corrected ? old.speaker : speakerOf(data.speaker),
    text: data.text,
    start: data.start,
    end: data.end,
    language: data.language ?? null,
    confidence: data.confidence ?? null,
    words: data.words?.map(wordOf) ?? null,
    started_at: null,
    ended_at: null,
  };
  return timed(segment, startedAt);
}

/**
 * A segment after `transcript.retracted`: it keeps its place and loses what was said.
 *
 * @param {object} segment
 * @returns {object}
 */
export function retracted(segment) {
  return { ...segment, retracted: true, speaker: null, text: "", confidence: null, words: null };
}

/**
 * A segment after `transcript.speaker_corrected` with `data`.
 *
 * @param {object} segment
 * @param {object} data The entry's data.
 * @returns {object}
 */
export function corrected(segment, data) {
  if (segment.retracted) return segment;
  return { ...segment, speaker: speakerOf(data.speaker), corrected: true };
}

/**
 * A segment with its absolute times.
 *
 * @param {object} segment
 * @param {string | null} startedAt The session's `started_at`.
 * @returns {object}
 */
export function timed(segment, startedAt) {
  if (startedAt === null) return { ...segment, started_at: null, ended_at: null };
  const started = Date.parse(startedAt);
  const absolute = (seconds) => new Date(started + Math.floor(seconds * 1000 + 0.5)).toISOString();
  return { ...segment, started_at: absolute(segment.start), ended_at: absolute(segment.end) };
}

/**
 * Who speaks, as a snapshot shows it.
 *
 * @param {object | null | undefined} data
 * @returns {object | null}
 */
export function speakerOf(data) {
  if (!present(data)) return null;
  const speaker = { name: data.name };
  if (present(data.participant_id)) speaker.participant_id = data.participant_id;
  return speaker;
}

function wordOf(data) {
  const word = { text: data.text, start: data.start, end: data.end };
  if (present(data.confidence)) word.confidence = data.confidence;
  return word;
}

/** A snapshot after `transcript.segment`. */
export function segmentEntry(snapshot, { data, position }) {
  if (position === undefined) return snapshot;
  const count = Math.max(snapshot.session.segment_count, position + 1);
  const next = withSession(snapshot, { segment_count: count });
  if (!snapshot.transcript) return next;
  const floor = floorOf(snapshot);
  if (position < floor) return next;
  const { segments } = snapshot.transcript;
  const found = segments.findIndex((segment) => segment.position >= position);
  const index = found < 0 ? segments.length : found;
  const old = segments[index]?.position === position ? segments[index] : undefined;
  const segment = revised(old, data, position, snapshot.session.started_at);
  const kept = segments
    .toSpliced(index, old ? 1 : 0, segment)
    .filter((one) => one.position >= count - SEGMENTS);
  const truncated = floor > 0 || count > SEGMENTS;
  next.transcript = { segments: kept, truncated, [FLOOR]: floor };
  return next;
}

/** The change of a snapshot that turns those segments by `change` whose ids `idsOf` finds in the data. */
export function segmentChange(change, idsOf) {
  return (snapshot, { data }) => {
    if (!snapshot.transcript) return snapshot;
    const ids = new Set(idsOf(data));
    const turn = (segment) => (ids.has(segment.segment_id) ? change(segment, data) : segment);
    return withSegments(snapshot, snapshot.transcript.segments.map(turn));
  };
}

/** A snapshot whose segments have absolute times, as when the session has just started. */
export function segmentsTimed(snapshot) {
  if (!snapshot.transcript) return snapshot;
  const startedAt = snapshot.session.started_at;
  return withSegments(
    snapshot,
    snapshot.transcript.segments.map((segment) => timed(segment, startedAt)),
  );
}

function withSegments(snapshot, segments) {
  return { ...snapshot, transcript: { ...snapshot.transcript, segments } };
}

function floorOf({ session, transcript }) {
  if (transcript[FLOOR] !== undefined) return transcript[FLOOR];
  return transcript.truncated ? (transcript.segments[0]?.position ?? session.segment_count) : 0;
}
