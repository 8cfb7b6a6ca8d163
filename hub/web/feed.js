/** The organization's feed: from a `FeedSnapshot` and a frame to the next one. */

import { compareIds, timeOf } from "./entry-id.js";
import { createdValues, isLive, picked, statusValues, updatedValues } from "./session.js";

const LISTED = 500;
const VERSION = 1;
const COUNTS = ["participant_counts", "segment_count", "minutes_consumed"];

/**
 * Keep the list of live sessions up to date.
 *
 * A session that has ended or was deleted leaves the list. One that is not in it (it was scheduled when the
 * snapshot was made) cannot be shown from its changes alone and stays out until it is asked for.
 *
 * @param {object} snapshot A `FeedSnapshot`; not changed.
 * @param {object} frame A frame of the feed.
 * @returns {object} The list after the frame.
 */
export function applyFeed(snapshot, frame) {
  const index = snapshot.sessions.findIndex((session) => session.id === frame.session_id);
  if (index < 0) return frame.type === "session.created" ? created(snapshot, frame) : snapshot;
  const old = snapshot.sessions[index];
  const order = compareIds(frame.entry_id, old.last_entry_id);
  // What the snapshot reflects already is told again; counts may come with an entry told before.
  if (order < 0 || (order === 0 && frame.type !== "session.counts")) return snapshot;
  const session = { ...old, ...changes(old, frame), last_entry_id: frame.entry_id };
  if (!session.live || frame.type === "session.deleted") return without(snapshot, index);
  const at = timeOf(frame.entry_id);
  session.updated_at = at > old.updated_at ? at : old.updated_at;
  return { ...snapshot, sessions: snapshot.sessions.with(index, session) };
}

function changes(session, { type, data, entry_id: entryId }) {
  switch (type) {
    case "session.status_changed":
      return statusValues(session, data, timeOf(entryId));
    case "session.updated":
      return updatedValues(data);
    case "session.counts":
      return picked(data, COUNTS);
    default:
      return {};
  }
}

function without(snapshot, index) {
  return { ...snapshot, sessions: snapshot.sessions.toSpliced(index, 1) };
}

function created(snapshot, { session_id: id, entry_id: entryId, data }) {
  if (!isLive(data.status)) return snapshot;
  const at = timeOf(entryId);
  const session = {
    id,
    version: VERSION,
    ...createdValues(data, at),
    sealed: false,
    last_entry_id: entryId,
    updated_at: at,
    started_at: null,
    left_at: null,
    ended_at: null,
    duration: null,
    minutes_consumed: 0,
    end: null,
    participant_counts: { live: 0, peak: 0, total: 0 },
    segment_count: 0,
    message_count: 0,
    summary_state: null,
    breakout_rooms: [],
  };
  const sessions = [session, ...snapshot.sessions];
  return {
    sessions: sessions.slice(0, LISTED),
    truncated: snapshot.truncated || sessions.length > LISTED,
  };
}
