/** What a snapshot says of the session itself. */

const ROOMS = 100;
const STEPS = 50;
/** What was said of a session, and what holds where nobody said it. */
const DETAILS = {
  title: null,
  type: "meeting",
  host: null,
  user: null,
  bot_name: null,
  bot_state: null,
  bot_health: null,
  location: null,
  scheduled_for: null,
  starts_at: null,
  calendar_event: null,
  attendees: null,
  invited_emails: null,
  transcription_enabled: true,
  transcription_language: null,
  language: null,
  topic_id: null,
  keywords: null,
  speaker_count: null,
  cluster_count: null,
  product: null,
  sources: null,
  config: null,
  debug: false,
  metadata: {},
};
const USER = ["id", "first_name", "last_name", "email", "avatar_url"];
const ATTENDEE = ["email", "name", "response_status"];
const CALENDAR_EVENT = ["id", "title", "organizer_email", "meeting_link", "starts_at", "ends_at"];
const SOURCE = ["id", "name", "type", "device", "url"];
/** How a snapshot shows details that are not shown as they were published. */
const SHOWN = {
  host: (user) => picked(user, USER.filter((name) => present(user[name]))),
  user: (user) => picked(user, USER.filter((name) => present(user[name]))),
  calendar_event: (event) => filled(event, CALENDAR_EVENT),
  attendees: (all) => all.map((attendee) => filled(attendee, ATTENDEE)),
  sources: (all) => all.map((source) => filled(source, SOURCE)),
};

/** Whether there is a value: neither left out nor null. */
export function present(value) {
  return value !== undefined && value !== null;
}

/** Those of the fields `names` that `data` has, null or not. */
export function picked(data, names) {
  return Object.fromEntries(names.filter((name) => name in data).map((name) => [name, data[name]]));
}

/** A snapshot with other values in its session. */
export function withSession(snapshot, values) {
  return { ...snapshot, session: { ...snapshot.session, ...values } };
}

/** Whether a session with this status is over. */
export function isTerminal(status) {
  return status === "completed" || status === "failed";
}

/** Whether a session with this status has begun and is not over. */
export function isLive(status) {
  return status !== "scheduled" && !isTerminal(status);
}

/** The fields `names` of `data`, null where it does not have one. */
export function filled(data, names) {
  return Object.fromEntries(names.map((name) => [name, data[name] ?? null]));
}

/** The time from one timestamp to another. */
export function millisecondsBetween(from, to) {
  return Date.parse(to) - Date.parse(from);
}

/** What `session.created` with `data` at `at` says. */
export function createdValues(data, at) {
  return {
    number: data.number,
    organization: data.organization ?? "",
    status: data.status,
    live: isLive(data.status),
    meeting_id: data.meeting_id ?? null,
    meeting_link: data.meeting_link ?? null,
    file_url: data.file_url ?? null,
    platform: data.platform ?? null,
    dispatch: data.dispatch ?? null,
    bot_id: null,
    ...DETAILS,
    ...updatedValues(data),
    created_at: at,
    status_history: [step(data, at)],
  };
}

function step(data, at) {
  return { status: data.status, at, code: data.code ?? null };
}

/**
 * When something happened: when the stream took it, but of a recorded session when it says it did, though not
 * later than the stream took it.
 */
export function momentOf(session, { at, occurred_at: occurredAt }) {
  return present(session.file_url) && occurredAt !== undefined && occurredAt < at ? occurredAt : at;
}

/** The later one of two timestamps; the second may be missing. */
export function later(at, other) {
  return present(other) && other > at ? other : at;
}

/** What `session.status_changed` with `data` at `moment` changes in `session`. */
export function statusValues(session, data, moment) {
  const at = later(moment, session.started_at);
  const values = {
    status: data.status,
    live: isLive(data.status),
    status_history: [...session.status_history, step(data, at)].slice(-STEPS),
  };
  if (session.started_at === null && (data.status === "active" || data.status === "recording")) {
    values.started_at = at;
  }
  if (session.left_at === null && (data.status === "leaving" || isTerminal(data.status))) {
    values.left_at = at;
  }
  if (isTerminal(data.status)) {
    values.ended_at = at;
    if (session.started_at !== null) values.duration = millisecondsBetween(session.started_at, at) / 1000;
    values.end = {
      reason: data.reason ?? null,
      code: data.code ?? null,
      message: data.message ?? null,
      stage: data.stage ?? null,
    };
    values.participant_counts = { ...session.participant_counts, live: 0 };
  }
  return values;
}

/** What `session.updated` with `data` changes. */
export function updatedValues(data) {
  const values = picked(data, Object.keys(DETAILS));
  for (const [name, show] of Object.entries(SHOWN)) {
    if (present(values[name])) values[name] = show(values[name]);
  }
  return values;
}

/** A snapshot after `bot.assigned`. */
export function botAssigned(snapshot, { data }) {
  return withSession(snapshot, { bot_id: data.bot_id });
}

/** A snapshot after `breakout.opened`. */
export function roomOpened(snapshot, { data, at }) {
  const others = snapshot.session.breakout_rooms.filter((room) => room.room_id !== data.room_id);
  const room = { room_id: data.room_id, title: data.title ?? null, opened_at: at, closed_at: null };
  return withSession(snapshot, { breakout_rooms: [...others, room].slice(-ROOMS) });
}

/** A snapshot after `breakout.closed`. */
export function roomClosed(snapshot, { data, at }) {
  const close = (room) => (room.room_id === data.room_id ? { ...room, closed_at: at } : room);
  return withSession(snapshot, { breakout_rooms: snapshot.session.breakout_rooms.map(close) });
}
