/** The list of sessions: the live ones from the organization's feed, beside it the newest others. */

import { apply, follow } from "./client.js";
import {
  KeyedList,
  batched,
  byId,
  element,
  humanized,
  setText,
  showConnection,
  timeOfDay,
  titleOf,
} from "./elements.js";

const OTHERS = 20;

export class SessionList {
  #client;
  #following;
  /** Sessions that began after the feed's snapshot and were created before it, as a `FeedSnapshot`. */
  #begun = { sessions: [], truncated: false };
  #others = [];
  #asking = null;
  #selected = null;
  #live = new KeyedList(byId("live-sessions"), ({ id }) => id, fill);
  #other = new KeyedList(byId("other-sessions"), ({ id }) => id, fill);
  #draw = batched(() => this.#show());

  constructor(client, token) {
    this.#client = client;
    this.#following = follow({
      feed: true,
      getToken: () => token({}),
      onSnapshot: () => this.#started(),
      onFrame: (frame) => this.#changed(frame),
      onState: (state) => showConnection(byId("feed-connection"), state, "Connected"),
    });
  }

  close() {
    this.#following.close();
    clearTimeout(this.#asking);
    this.#live.show([]);
    this.#other.show([]);
  }

  /** Mark the session that is shown. */
  select(id) {
    this.#selected = id;
    this.#draw();
  }

  #started() {
    this.#begun = { sessions: [], truncated: false };
    this.#askForOthers();
    this.#draw();
  }

  #changed(frame) {
    if (frame.at === undefined) return;
    const isCreated = frame.type === "session.created";
    if (!isCreated) this.#begun = apply(this.#begun, frame);
    const isListed = this.#all().some(({ id }) => id === frame.session_id);
    if (frame.type === "session.status_changed" && !isListed) this.#lookUp(frame.session_id);
    if (!isListed && frame.type !== "session.counts") this.#askForOthers();
    this.#draw();
  }

  async #lookUp(id) {
    const session = await this.#client.session(id).catch(() => null);
    if (!session?.live || this.#all().some((listed) => listed.id === id)) return;
    this.#begun = { sessions: [session, ...this.#begun.sessions], truncated: false };
    this.#draw();
  }

  /** The newest sessions that are not live; asked for once when several have changed. */
  #askForOthers() {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(async () => {
      const answer = await this.#client.sessions({ live: "false", limit: OTHERS }).catch(() => null);
      if (answer) this.#others = answer.data;
      this.#draw();
    }, 300);
  }

  #all() {
    return [...(this.#following.snapshot?.sessions ?? []), ...this.#begun.sessions];
  }

  #show() {
    const live = this.#all().sort((a, b) => b.number - a.number);
    const ids = new Set(live.map(({ id }) => id));
    const others = this.#others.filter(({ id }) => !ids.has(id));
    this.#live.show(live);
    this.#other.show(others);
    setText(byId("live-count"), live.length ? String(live.length) : "");
    byId("no-live").hidden = live.length > 0 || !this.#following.snapshot;
    byId("other").hidden = others.length === 0;
    for (const link of document.querySelectorAll(".session-list a")) {
      if (link.hash === `#session=${this.#selected}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
}

function fill(session, target) {
  const { live, peak } = session.participant_counts;
  const people = session.live ? live : peak;
  const about = `${humanized(session.status)} · ${people} ${people === 1 ? "participant" : "participants"}`;
  const time = timeOfDay(session.started_at ?? session.scheduled_for ?? session.created_at);
  // The link keeps its place, so that the keyboard's focus is not lost with an update.
  const link = target.firstElementChild ?? target.appendChild(element("a"));
  link.href = `#session=${session.id}`;
  link.dataset.status = session.status;
  link.replaceChildren(
    element("span", "name", titleOf(session)),
    element("span", "about", element("span", "", about), element("time", "", time)),
  );
}
