/** The transcript as it is spoken: all of it, from the snapshot's tail, the API and the entries. */

import { compareIds } from "./client.js";
import { batched, byId, clock, element, hue, setText } from "./elements.js";
import { corrected, retracted, revised } from "./segments.js";

const RETRY_MS = 3_000;
/** Further from the end than this many pixels, the reader has scrolled up. */
const NEAR = 48;
/** With more changes at once the list is laid out anew. */
const MANY = 50;

const CHANGES = {
  "transcript.retracted": (data) => [[data.segment_id], retracted],
  "transcript.speaker_corrected": (data) => [data.segment_ids, corrected],
};

export class TranscriptView {
  #list = byId("transcript");
  #load;
  #segments = new Map();
  #rows = new Map();
  #changed = new Set();
  #hasMoved = false;
  /** Positions from here on are known from the snapshot and the entries, those below from the API. */
  #floor = 0;
  /** The entry that the part from the API reflects; null while it is not there. */
  #loaded = null;
  #waiting = [];
  #visit = 0;
  #retry = null;
  #isAtEnd = true;
  #draw = batched(() => this.#show());
  #lastTop = 0;
  #resizing = new ResizeObserver(() => this.#isAtEnd && this.#scrollToEnd());
  #onScroll = () => this.#scrolled();
  #onLatest = () => this.#scrollToEnd();

  /** @param {() => Promise<object>} load Asks for the whole transcript. */
  constructor(load) {
    this.#load = load;
    this.#list.addEventListener("scroll", this.#onScroll);
    this.#resizing.observe(this.#list);
    byId("latest").addEventListener("click", this.#onLatest);
    this.#clear();
  }

  close() {
    this.#clear();
    this.#resizing.disconnect();
    this.#list.removeEventListener("scroll", this.#onScroll);
    byId("latest").removeEventListener("click", this.#onLatest);
  }

  /** Begin with a snapshot; what is older than its tail is loaded. */
  start({ session, transcript }) {
    this.#clear();
    for (const segment of transcript.segments) this.#put(segment);
    if (transcript.truncated) {
      this.#floor = transcript.segments[0]?.position ?? session.segment_count;
      this.#loadOlder(this.#visit);
    }
    this.#draw();
  }

  /** Go on with an entry. */
  follow(frame) {
    if (!frame.type.startsWith("transcript.")) return;
    this.#turn(frame, (position) => position >= this.#floor);
    if (this.#floor === 0) return;
    if (this.#loaded === null) this.#waiting.push(frame);
    else this.#turnOlder(frame);
  }

  #clear() {
    this.#visit += 1;
    clearTimeout(this.#retry);
    this.#segments.clear();
    this.#rows.clear();
    this.#changed.clear();
    this.#waiting = [];
    this.#floor = 0;
    this.#loaded = null;
    this.#isAtEnd = true;
    this.#list.replaceChildren();
    this.#note("");
    byId("latest").hidden = true;
  }

  async #loadOlder(visit) {
    this.#note("Loading what was said before…");
    const transcript = await this.#load().catch(() => null);
    if (visit !== this.#visit) return;
    if (!transcript) {
      this.#note("What was said before could not be loaded yet.");
      this.#retry = setTimeout(() => this.#loadOlder(visit), RETRY_MS);
      return;
    }
    for (const segment of transcript.segments) if (segment.position < this.#floor) this.#put(segment);
    this.#loaded = transcript.entry_id;
    for (const frame of this.#waiting) this.#turnOlder(frame);
    this.#waiting = [];
    this.#note("");
    this.#draw();
  }

  #turnOlder(frame) {
    if (compareIds(frame.id, this.#loaded) > 0) this.#turn(frame, (position) => position < this.#floor);
  }

  /** Apply an entry to those segments whose position is in `scope`. */
  #turn({ type, data, position }, scope) {
    if (type === "transcript.segment" && scope(position)) {
      const old = this.#segments.get(data.segment_id);
      // The API leaves retracted segments out, and retracted they stay.
      if (old || position >= this.#floor) this.#put(revised(old, data, position, null));
    }
    const [ids, change] = CHANGES[type]?.(data) ?? [[]];
    for (const id of ids) {
      const old = this.#segments.get(id);
      if (old && scope(old.position)) this.#put(change(old, data));
    }
    this.#draw();
  }

  #put(segment) {
    const old = this.#segments.get(segment.segment_id);
    if (old && old.start !== segment.start) this.#hasMoved = true;
    this.#segments.set(segment.segment_id, segment);
    this.#changed.add(segment.segment_id);
  }

  #note(text) {
    setText(byId("transcript-note"), text);
  }

  #show() {
    const fromEnd = this.#list.scrollHeight - this.#list.scrollTop;
    if (this.#hasMoved || this.#changed.size > MANY) this.#layOut();
    else for (const id of this.#changed) this.#place(this.#segments.get(id));
    this.#changed.clear();
    this.#hasMoved = false;
    byId("transcript-empty").hidden = this.#list.childElementCount > 0;
    if (this.#isAtEnd) this.#scrollToEnd();
    else if (this.#list.scrollTop === 0) this.#list.scrollTop = this.#list.scrollHeight - fromEnd;
  }

  #layOut() {
    const shown = [...this.#segments.values()].filter((segment) => !segment.retracted).sort(byStart);
    const rows = shown.map((segment) => fill(this.#row(segment.segment_id), segment));
    for (const [index, row] of rows.entries()) markContinued(row, rows[index - 1]);
    this.#list.replaceChildren(...rows);
  }

  #place(segment) {
    const row = this.#row(segment.segment_id);
    const after = row.nextElementSibling;
    if (segment.retracted) {
      row.remove();
      markContinued(after, after?.previousElementSibling);
      return;
    }
    fill(row, segment);
    if (!row.isConnected) this.#insert(row, segment);
    markContinued(row, row.previousElementSibling);
    markContinued(row.nextElementSibling, row);
  }

  #insert(row, segment) {
    // New segments belong at the end or near it.
    let before = this.#list.lastElementChild;
    while (before && byStart(this.#segments.get(before.dataset.segmentId), segment) > 0) {
      before = before.previousElementSibling;
    }
    if (before) before.after(row);
    else this.#list.prepend(row);
  }

  #row(id) {
    if (!this.#rows.has(id)) this.#rows.set(id, element("li"));
    return this.#rows.get(id);
  }

  /** Only the reader scrolls upwards; what grows below does not move the list. */
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.#isAtEnd = true;
    else if (scrollTop < this.#lastTop) this.#isAtEnd = false;
    this.#lastTop = scrollTop;
    byId("latest").hidden = this.#isAtEnd;
  }

  #scrollToEnd() {
    this.#isAtEnd = true;
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function byStart(a, b) {
  return a.start - b.start || a.position - b.position;
}

function fill(row, segment) {
  const speaker = segment.speaker?.name ?? "Unknown speaker";
  if (!row.firstChild) {
    row.append(element("time"), element("span", "speaker"), element("p", "text"));
  }
  const [time, name, text] = row.children;
  row.dataset.segmentId = segment.segment_id;
  row.dataset.speaker = speaker;
  row.className = `segment ${hue(speaker)} ${segment.final ? "final" : "draft"}`;
  setText(time, clock(segment.start));
  setText(name, speaker);
  setText(text, segment.text);
  return row;
}

function markContinued(row, before) {
  row?.classList.toggle("continued", row.dataset.speaker === before?.dataset.speaker);
}
