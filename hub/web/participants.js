/** Who is there; the rules of `hub.core.participants`. */

import { picked, withSession } from "./session.js";

const LISTED = 500;
const MAX_PARTICIPANTS = 10_000;
const MAX_OPEN = 32;
const MAX_CLOSED = 8;
const PROFILE = ["name", "role", "user_id", "email", "avatar_url"];

/** A snapshot after `participant.joined`. */
export const participantJoined = participantChange(joined, true);

/** A snapshot after `participant.updated`. */
export const participantUpdated = participantChange((old, data) => ({
  ...old,
  ...picked(data, PROFILE),
}));

/** A snapshot after `participant.speaking`. */
export const participantSpeaking = participantChange((old, data) => ({
  ...old,
  speaking: data.speaking && old.live,
}));

/** A snapshot after `participant.left`. */
export const participantLeft = participantChange((old, data, at) =>
  left(old, data.connection_id, at),
);

/** A snapshot with every open connection closed at `at`, as when the session has ended. */
export function everyoneLeft(snapshot, at) {
  const closed = (who) =>
    who.connections
      .filter((connection) => connection.left_at === null)
      .reduce((person, connection) => left(person, connection.connection_id, at), who);
  const { total } = snapshot.session.participant_counts;
  const people = snapshot.participants.participants.map(closed);
  return { ...snapshot, participants: listed(snapshot.participants, people, total) };
}

function participantChange(change, mayBeNew = false) {
  return (snapshot, frame) => {
    const people = snapshot.participants.participants;
    const index = people.findIndex((who) => who.participant_id === frame.data.participant_id);
    const old = people[index];
    if (!old && !mayBeNew) return snapshot;
    const who = change(old, frame.data, frame.at);
    const before = snapshot.session.participant_counts;
    const there = before.live + Number(who.live) - Number(old?.live ?? false);
    const peak = Math.max(before.peak, there);
    const total = before.total + Number(!old);
    // While all that the hub keeps are there, a newcomer is counted only.
    if (!old && before.live >= MAX_PARTICIPANTS) {
      return withSession(snapshot, { participant_counts: { live: before.live, peak, total } });
    }
    const changed = old ? people.with(index, who) : [...people, who];
    return {
      ...withSession(snapshot, { participant_counts: { live: there, peak, total } }),
      participants: listed(snapshot.participants, changed, total),
    };
  };
}

/** Beyond `LISTED` participants only those who are live are listed, and at most so many. */
function listed(list, people, total) {
  if (total <= LISTED) return { participants: people, truncated: list.truncated };
  return { participants: people.filter((who) => who.live).slice(0, LISTED), truncated: true };
}

function joined(old, data, at) {
  const kind = data.kind ?? "main";
  const known = old?.connections ?? [];
  const isIt = isOpen(data.connection_id);
  const opened = { connection_id: data.connection_id, kind, joined_at: at, left_at: null };
  const connections = known.some(isIt)
    ? known.map((connection) => (isIt(connection) ? { ...connection, kind } : connection))
    : [...known.filter((other) => other.connection_id !== data.connection_id), opened];
  const nobody = {
    participant_id: data.participant_id,
    speaking: false,
    role: null,
    user_id: null,
    email: null,
    avatar_url: null,
    joined_at: at,
  };
  const who = { ...(old ?? nobody), ...picked(data, PROFILE), live: true, left_at: null, connections };
  const there = connections.filter(({ left_at }) => left_at === null);
  return there.length > MAX_OPEN ? left(who, there[0].connection_id, at) : who;
}

function left(old, connectionId, at) {
  const isIt = isOpen(connectionId);
  if (!old.connections.some(isIt)) return old;
  let connections = old.connections.map((connection) =>
    isIt(connection) ? { ...connection, left_at: at } : connection,
  );
  const closed = connections.filter((connection) => connection.left_at !== null);
  if (closed.length > MAX_CLOSED) {
    const oldest = closed.reduce((a, b) => (b.left_at < a.left_at ? b : a));
    connections = connections.filter((connection) => connection !== oldest);
  }
  if (connections.some((connection) => connection.left_at === null)) return { ...old, connections };
  return { ...old, connections, live: false, left_at: at, speaking: false };
}

function isOpen(connectionId) {
  return ({ connection_id, left_at }) => connection_id === connectionId && left_at === null;
}
