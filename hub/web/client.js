/**
 * Follow sessions of the hub from a browser. No build, no dependencies:
 *
 *     import { follow, HubClient } from "https://hub.example.org/client.js";
 *
 *     const following = follow({
 *       url: "https://hub.example.org",
 *       sessionId: "ses_…",
 *       getToken: () => fetch("/my-backend/hub-token").then((answer) => answer.text()),
 *       onSnapshot: (snapshot) => render(snapshot),
 *       onFrame: (frame) => render(following.snapshot),
 *     });
 */

import { apply, compareIds } from "./fold.js";

export { apply, compareIds };

/** No frame for so long (the hub pings every 15 s) means that the connection is dead. */
const SILENCE_MS = 40_000;
const PROBE_MS = 15_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
/** Answers below 500 that a later attempt may not get again. */
const PASSING = new Set([408, 425, 429]);

/**
 * What a follower is doing.
 *
 * - `connecting`: for the first time.
 * - `live`: frames arrive.
 * - `reconnecting`: by itself, from the cursor, until it succeeds.
 * - `ended`: there will be no more entries (`reason` is `sealed` or `deleted`).
 * - `failed`: the hub said not to come back (`code` and `message` say why).
 * - `closed`: by `close()`.
 *
 * @typedef {object} State
 * @property {"connecting" | "live" | "reconnecting" | "ended" | "failed" | "closed"} state
 * @property {string} [code] Of `reconnecting` and `failed`: what the hub said, if it said something.
 * @property {string} [message]
 * @property {string} [reason] Of `ended`.
 */

/**
 * @typedef {object} FollowOptions
 * @property {string} [url] The hub's address; by default the origin of the page.
 * @property {string} [sessionId] The session to follow.
 * @property {boolean} [feed] Follow the organization's feed instead.
 * @property {string[]} [channels] By default all.
 * @property {string} [after] A cursor to go on from; then there is no snapshot until a reset.
 * @property {string} [token] A stream token.
 * @property {() => string | Promise<string>} [getToken] Asked for a stream token at the start, when the
 *   token has expired, and after an attempt to reconnect that failed.
 * @property {"all" | "latest" | "none"} [partials] Which transcript partials to be sent; by default all.
 * @property {"debug" | "info" | "warning" | "error"} [level] The least level of log entries to be sent.
 * @property {(frame: object) => void} [onFrame] Every frame, after `snapshot` and `cursor` have moved.
 * @property {(snapshot: object) => void} [onSnapshot] `snapshot` was replaced, at the start or by a reset.
 * @property {(reset: {reason: string, snapshot: object}) => void} [onReset] The cursor could not be resumed
 *   from: entries may be missing between it and the new snapshot. Called before `onSnapshot`.
 * @property {(state: State) => void} [onState] The state has changed.
 */

/**
 * Follow a session or the organization's feed, over one EventSource that is opened anew as often as it takes.
 *
 * Every entry after the cursor arrives exactly once and in order, or `onReset` is called.
 *
 * @param {FollowOptions} options
 * @returns {Follower}
 */
export function follow(options) {
  return new Follower(options);
}

/** What `follow` returns. */
class Follower {
  /** The id of the newest frame: where to go on from. @type {string | null} */
  cursor;
  /** Kept up to date with every frame; null before the first one. @type {object | null} */
  snapshot = null;

  #options;
  #state = null;
  #token;
  #tokenIsStale;
  /** @type {EventSource | null} */
  #source = null;
  #retry = null;
  #watch;
  #heardAt = 0;
  #failures = 0;
  #attempt = 0;
  #comeBack = () => this.#retry !== null && this.#connect();

  constructor(options) {
    this.#options = options;
    this.cursor = options.after ?? null;
    this.#token = options.token ?? null;
    this.#tokenIsStale = options.token === undefined;
    this.#watch = setInterval(() => this.#checkSilence(), 5_000);
    globalThis.addEventListener("online", this.#comeBack);
    this.#tell({ state: "connecting" });
    this.#connect();
  }

  /** Stop following. */
  close() {
    this.#stop({ state: "closed" });
  }

  async #connect() {
    this.#hangUp();
    const attempt = ++this.#attempt;
    this.#heardAt = Date.now();
    if (this.#tokenIsStale && this.#options.getToken) {
      try {
        const token = await this.#options.getToken();
        if (attempt !== this.#attempt) return;
        this.#token = token;
        this.#tokenIsStale = false;
      } catch (error) {
        if (attempt === this.#attempt) this.#later({ message: String(error) });
        return;
      }
    }
    const source = new EventSource(this.#address());
    this.#source = source;
    source.onmessage = (event) => this.#receive(JSON.parse(event.data));
    source.onerror = () => this.#lost(attempt, source.readyState === EventSource.CLOSED);
  }

  #address() {
    const { url, sessionId, feed, channels, partials, level } = this.#options;
    const root = new URL(`${url ?? ""}/`.replace(/\/+$/, "/"), globalThis.location?.href);
    const path = feed ? "v1/stream" : `v1/sessions/${encodeURIComponent(sessionId)}/stream`;
    const address = new URL(path, root);
    const query = { framing: "message", after: this.cursor, token: this.#token, partials, level };
    query.channels = channels?.join(",");
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) address.searchParams.set(name, value);
    }
    return address;
  }

  #receive(frame) {
    this.#heardAt = Date.now();
    const { type, id, data } = frame;
    const starts = type === "snapshot" || type === "reset";
    const isNew = starts || !this.cursor || (id !== undefined && compareIds(id, this.cursor) > 0);
    // Sent once more, after the cursor had been lost on the way.
    if (frame.at !== undefined && !isNew) return;
    if (id !== undefined && isNew) this.cursor = id;
    if (type !== "disconnect") {
      this.snapshot = apply(this.snapshot, frame);
      this.#failures = 0;
      this.#tell({ state: "live" });
    }
    try {
      if (type === "reset") this.#options.onReset?.(data);
      if (starts) this.#options.onSnapshot?.(this.snapshot);
      this.#options.onFrame?.(frame);
    } finally {
      if (type === "end") this.#stop({ state: "ended", reason: data.reason });
      if (type === "disconnect") this.#disconnected(data);
    }
  }

  #disconnected({ code, message, reconnect, retry_ms: delay }) {
    if (code === "token_expired") this.#tokenIsStale = true;
    const helpless = code === "token_expired" && !this.#options.getToken;
    if (!reconnect || helpless) this.#stop({ state: "failed", code, message });
    else this.#later({ code, message }, delay);
  }

  async #lost(attempt, refused) {
    this.#hangUp();
    this.#tell({ state: "reconnecting" });
    const answer = refused ? await this.#probe() : null;
    if (attempt !== this.#attempt) return;
    if (answer?.status === 204) {
      this.#stop({ state: "ended", reason: "sealed" });
    } else if (answer && this.#isDefinite(answer.status)) {
      this.#stop({ state: "failed", code: answer.code, message: answer.message });
    } else {
      if (this.#failures > 0 || answer?.status === 401) this.#tokenIsStale = true;
      this.#later({ code: answer?.code, message: answer?.message });
    }
  }

  #isDefinite(status) {
    if (status === 401) return !this.#options.getToken;
    return status >= 400 && status < 500 && !PASSING.has(status);
  }

  /** An EventSource does not say why it was refused, nor that there is nothing more (204): ask again. */
  async #probe() {
    const asking = new AbortController();
    const timer = setTimeout(() => asking.abort(), PROBE_MS);
    try {
      const answer = await fetch(this.#address(), { signal: asking.signal, cache: "no-store" });
      const error = answer.status >= 400 ? (await answer.json()).error : {};
      return { status: answer.status, code: error.code, message: error.message };
    } catch {
      // Nobody answers, or somebody who is not the hub.
      return null;
    } finally {
      clearTimeout(timer);
      asking.abort();
    }
  }

  /** Come back: after `wanted` milliseconds if the hub said so, and ever later while attempts fail. */
  #later(why, wanted = 0) {
    this.#hangUp();
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    const jittered = longest * (0.5 + Math.random() / 2);
    const delay = wanted > 0 && this.#failures === 0 ? wanted : Math.max(wanted, jittered);
    this.#retry = setTimeout(() => this.#connect(), delay);
    this.#failures += 1;
    this.#tell({ state: "reconnecting", ...why });
  }

  #checkSilence() {
    if (this.#retry !== null || Date.now() - this.#heardAt <= SILENCE_MS) return;
    this.#attempt += 1;
    this.#later({ message: "nothing was heard any more" });
  }

  #hangUp() {
    clearTimeout(this.#retry);
    this.#retry = null;
    if (!this.#source) return;
    this.#source.onmessage = null;
    this.#source.onerror = null;
    this.#source.close();
    this.#source = null;
  }

  #stop(state) {
    if (["ended", "failed", "closed"].includes(this.#state)) return;
    this.#attempt += 1;
    this.#hangUp();
    clearInterval(this.#watch);
    globalThis.removeEventListener("online", this.#comeBack);
    this.#tell(state);
  }

  #tell(state) {
    const isSame = state.state === this.#state && state.code === undefined;
    this.#state = state.state;
    if (!isSame) this.#options.onState?.(state);
  }
}

/** A request that the hub refused. */
export class HubError extends Error {
  /** The HTTP status. @type {number} */
  status;
  /** A code of the hub's table of errors. @type {string} */
  code;

  constructor(status, { code, message } = {}) {
    super(message ?? `The hub answered ${status}.`);
    this.name = "HubError";
    this.status = status;
    this.code = code ?? "unknown";
  }
}

/** The hub's HTTP API for pages that hold an API key. Methods throw `HubError`, or `TypeError` offline. */
export class HubClient {
  #url;
  #key;

  /** @param {{url?: string, key: string}} options `url` is by default the origin of the page. */
  constructor({ url = "", key }) {
    this.#url = url.replace(/\/+$/, "");
    this.#key = key;
  }

  /**
   * A page of sessions, newest first.
   *
   * @param {{status?: string, meeting_id?: string, live?: boolean, limit?: number, cursor?: string}} [query]
   * @returns {Promise<{data: object[], next: string | null}>}
   */
  sessions(query = {}) {
    const parameters = new URLSearchParams(query).toString();
    return this.#ask(`/v1/sessions${parameters && "?"}${parameters}`);
  }

  /**
   * A session with its participants and artifacts.
   *
   * @param {string} id
   * @returns {Promise<object>}
   */
  session(id) {
    return this.#ask(`/v1/sessions/${encodeURIComponent(id)}`);
  }

  /**
   * The whole transcript of a session.
   *
   * @param {string} id
   * @returns {Promise<{session_id: string, entry_id: string, segments: object[]}>}
   */
  transcript(id) {
    return this.#ask(`/v1/sessions/${encodeURIComponent(id)}/transcript?format=json`);
  }

  /**
   * A stream token, for `follow`.
   *
   * @param {{session_id?: string, channels?: string[], expires_in?: number}} request Without `session_id`
   *   it opens the organization's feed; `expires_in` is in seconds.
   * @returns {Promise<{token: string, expires_at: string}>}
   */
  token(request = {}) {
    return this.#ask("/v1/tokens", { method: "POST", body: JSON.stringify(request) });
  }

  async #ask(path, options = {}) {
    const headers = { Authorization: `Bearer ${this.#key}` };
    if (options.body) headers["Content-Type"] = "application/json";
    const answer = await fetch(this.#url + path, { ...options, headers, cache: "no-store" });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new HubError(answer.status, body.error);
    return body;
  }
}
