/** Who is there; the rules of `hub.core.participants`. */

import { later, millisecondsBetween, momentOf, picked, withSession } from "./session.js";

const LISTED = 500;
const MAX_PARTICIPANTS = 10_000;
const MAX_OPEN = 32;
const MAX_CLOSED = 8;
const PROFILE = [
  "name",
  "role",
  "preset",
  "custom_id",
  "user_id",
  "email",
  "avatar_url",
  "device_type",
  "position",
  "department",
];
/** A snapshot after `participant.joined`. */
export const participantJoined = participantChange(joined, true);

/** A snapshot after `participant.updated`. */
export const participantUpdated = participantChange((old, data, at) => ({
  ...withProfile(old, data),
  updated_at: at,
}));

/** A snapshot after `participant.speaking`. */
export const participantSpeaking = participantChange((old, data, at) => spoke(old, data.speaking, at));

/** A snapshot after `participant.left`. */
export const participantLeft = participantChange((old, data, at) =>
  left(old, data.connection_id, at),
);

/** A snapshot after `peer.report`. */
export const participantReported = participantChange((old, _data, at, id) => ({
  ...old,
  report_id: id,
  updated_at: at,
}));

/** A snapshot after `bot.lost`: nobody sees any more who is in the meeting. */
export function botLost(snapshot, { at }) {
  const { session } = snapshot;
  const counts = { ...session.participant_counts, live: 0 };
  return everyoneLeft(withSession(snapshot, { bot_id: null, participant_counts: counts }), at);
}

/** A snapshot with every open connection closed at `at`, as when the session has ended. */
export function everyoneLeft(snapshot, at) {
  const closed = (who) =>
    who.connections
      .filter((connection) => connection.left_at === null)
      .reduce((person, connection) => left(person, connection.connection_id, later(at, who.updated_at)), who);
  const { total } = snapshot.session.participant_counts;
  const before = snapshot.participants.participants;
  const people = before.map(closed);
  const minutes = snapshot.session.minutes_consumed;
  const consumed = people.reduce((sum, who, index) => more(sum, before[index], who), minutes);
  return {
    ...withSession(snapshot, { minutes_consumed: consumed }),
    participants: listed(snapshot.participants, people, total),
  };
}

function participantChange(change, mayBeNew = false) {
  return (snapshot, frame) => {
    const people = snapshot.participants.participants;
    const index = people.findIndex((who) => who.participant_id === frame.data.participant_id);
    const old = people[index];
    if (!old && !mayBeNew) return snapshot;
    const moment = later(momentOf(snapshot.session, frame), old?.updated_at);
    const who = change(old, frame.data, moment, frame.id);
    const before = snapshot.session.participant_counts;
    const there = before.live + Number(who.live) - Number(old?.live ?? false);
    const peak = Math.max(before.peak, there);
    const total = before.total + Number(!old);
    // While all that the hub keeps are there, a newcomer is counted only.
    if (!old && before.live >= MAX_PARTICIPANTS) {
      return withSession(snapshot, { participant_counts: { live: before.live, peak, total } });
    }
    const changed = old ? people.with(index, who) : [...people, who];
    const minutes_consumed = more(snapshot.session.minutes_consumed, old, who);
    return {
      ...withSession(snapshot, { participant_counts: { live: there, peak, total }, minutes_consumed }),
      participants: listed(snapshot.participants, changed, total),
    };
  };
}

/** `minutes` and those that somebody was there after they were `old`; exact to the millisecond. */
function more(minutes, old, who) {
  const was = old?.duration ?? 0;
  if (who.duration === was) return minutes;
  return (Math.round(minutes * 60_000) + Math.round((who.duration - was) * 1000)) / 60_000;
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
  const nobody = { participant_id: data.participant_id, speaking: false, joined_at: at, duration: 0 };
  const who = {
    ...withProfile(old ?? nobody, data),
    live: true,
    left_at: null,
    updated_at: at,
    present_since: old?.present_since ?? at,
    connections,
  };
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
  const who = { ...old, updated_at: at, connections };
  if (connections.some((connection) => connection.left_at === null)) return who;
  return {
    ...(old.speaking ? spoke(who, false, at) : who),
    live: false,
    left_at: at,
    duration: longer(old.duration, old.present_since, at),
    present_since: null,
  };
}

/** Somebody after something was said of them; what is not known any more is left out. */
function withProfile(old, data) {
  const who = { ...old, ...picked(data, PROFILE) };
  for (const name of PROFILE) if (who[name] === null) delete who[name];
  return who;
}

/** Somebody after they began or stopped to speak; who is not there does not begin. */
function spoke(old, speaking, at) {
  if (speaking && old.live) {
    return {
      ...old,
      updated_at: at,
      speaking: true,
      speech_time: old.speech_time ?? 0,
      speaking_since: old.speaking_since ?? at,
    };
  }
  const { speaking_since: since = at, ...who } = old;
  const speech_time = longer(old.speech_time ?? 0, since, at);
  return { ...who, updated_at: at, speaking: false, speech_time };
}

/** `seconds` and those from `since` to `at`; exact to the millisecond. */
function longer(seconds, since, at) {
  return (Math.round(seconds * 1000) + millisecondsBetween(since, at)) / 1000;
}

function isOpen(connectionId) {
  return ({ connection_id, left_at }) => connection_id === connectionId && left_at === null;
}
