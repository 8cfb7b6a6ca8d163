/** What a snapshot says of the session itself. */

const ROOMS = 100;
const USER = ["id", "first_name", "last_name", "email", "avatar_url"];
const UPDATABLE = [
  "title",
  "bot_name",
  "transcription_enabled",
  "transcription_language",
  "scheduled_for",
  "metadata",
];

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

/** What `session.created` with `data` at `at` says. */
export function createdValues(data, at) {
  return {
    number: data.number,
    status: data.status,
    live: isLive(data.status),
    title: data.title ?? null,
    meeting_id: data.meeting_id ?? null,
    meeting_link: data.meeting_link ?? null,
    platform: data.platform ?? null,
    bot_name: data.bot_name ?? null,
    transcription_enabled: data.transcription_enabled ?? true,
    transcription_language: data.transcription_language ?? null,
    scheduled_for: data.scheduled_for ?? null,
    user: userOf(data.user),
    metadata: data.metadata ?? {},
    created_at: at,
  };
}

/** What `session.status_changed` with `data` at `at` changes in `session`. */
export function statusValues(session, data, at) {
  const values = { status: data.status, live: isLive(data.status) };
  if (session.started_at === null && (data.status === "active" || data.status === "recording")) {
    values.started_at = at;
  }
  if (isTerminal(data.status)) {
    values.ended_at = at;
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
  const values = picked(data, UPDATABLE);
  if ("user" in data) values.user = userOf(data.user);
  return values;
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

function userOf(data) {
  if (!present(data)) return null;
  return picked(data, USER.filter((name) => present(data[name])));
}
