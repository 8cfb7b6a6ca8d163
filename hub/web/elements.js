/** Building and updating the page's elements. Text always becomes a text node, never markup. */

/** The element with this id; it is in `index.html`. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * A new element.
 *
 * @param {string} tag
 * @param {string} className
 * @param {...(string | Node)} children Strings become text.
 * @returns {HTMLElement}
 */
export function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Shows `text` in `target`; touches nothing if it is there already. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** A list whose items keep their elements, so that focus, selection and animations survive an update. */
export class KeyedList {
  #parent;
  #key;
  #fill;
  #shown = new Map();

  /**
   * @param {Element} parent
   * @param {(item: object) => string} key What stays the same when an item changes.
   * @param {(item: object, target: Element) => void} fill Fills the item's `li`.
   */
  constructor(parent, key, fill) {
    this.#parent = parent;
    this.#key = key;
    this.#fill = fill;
    parent.replaceChildren();
  }

  /** Show these items in this order; an item that is the same object as before is left alone. */
  show(items) {
    const next = new Map();
    let place = this.#parent.firstElementChild;
    for (const item of items) {
      const key = this.#key(item);
      const known = this.#shown.get(key);
      const target = known?.target ?? element("li");
      if (known?.item !== item) this.#fill(item, target);
      next.set(key, { item, target });
      if (target === place) place = place.nextElementSibling;
      else this.#parent.insertBefore(target, place);
    }
    for (const [key, { target }] of this.#shown) if (!next.has(key)) target.remove();
    this.#shown = next;
  }
}

/**
 * Calls `draw` once before the next picture, however often the result is called; also in a hidden tab.
 *
 * @param {() => void} draw
 * @returns {() => void}
 */
export function batched(draw) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    const run = () => {
      waiting = false;
      draw();
    };
    if (document.hidden) setTimeout(run, 250);
    else requestAnimationFrame(run);
  };
}

/** Seconds as `3:07` or `1:02:03`. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${parts.join(":")}` : `${Number(parts[0])}:${parts[1]}`;
}

/** A timestamp as a time of day, with the date if that is not today. */
export function timeOfDay(timestamp) {
  const moment = new Date(timestamp);
  const isToday = moment.toDateString() === new Date().toDateString();
  const time = { hour: "2-digit", minute: "2-digit" };
  return moment.toLocaleString([], isToday ? time : { ...time, month: "short", day: "numeric" });
}

/** `waiting_room` as `Waiting room`. */
export function humanized(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a session is called. */
export function titleOf(session) {
  return session.title || `Session ${session.number}`;
}

const hues = new Map();

/** One of eight classes for a name: another for each of the first eight names, and always the same for one. */
export function hue(name) {
  if (!hues.has(name)) hues.set(name, `hue-${hues.size % 8}`);
  return hues.get(name);
}

/** Begin anew with the colours of names, for another session. */
export function forgetHues() {
  hues.clear();
}

/** Up to two initials of a name. */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "");
  return letters.join("").toUpperCase();
}

const CONNECTIONS = {
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  ended: "Ended",
  failed: "Disconnected",
  closed: "",
};

/** Shows the state of a follower in an indicator; `live` is said when all is well. */
export function showConnection(target, { state, message }, live = "Live") {
  target.dataset.state = state;
  setText(target, state === "live" ? live : CONNECTIONS[state]);
  target.title = message ?? "";
}
