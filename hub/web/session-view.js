/** One session as it goes on. */

import { HubError, follow } from "./client.js";
import {
  KeyedList,
  batched,
  byId,
  clock,
  element,
  forgetHues,
  hue,
  humanized,
  initials,
  setText,
  showConnection,
  timeOfDay,
  titleOf,
} from "./elements.js";
import { TranscriptView } from "./transcript-view.js";

const LEVELS = ["debug", "info", "warning", "error"];
const RESETS = {
  trimmed: "Some entries are not kept any more",
  rolled_back: "The hub lost its newest entries",
  ahead: "The hub does not have the newest entries",
  malformed: "The position in the stream was not valid",
};

export class SessionView {
  /** The session's id. @type {string} */
  id;
  #following;
  #transcript;
  #ticking;
  #people = new KeyedList(byId("people"), (who) => who.participant_id, fillPerson);
  #rooms = new KeyedList(byId("rooms"), (room) => room.room_id, fillRoom);
  #chat = new KeyedList(byId("chat"), (message) => message.message_id, fillMessage);
  #chapters = new KeyedList(byId("chapters"), (chapter) => String(chapter.start), fillChapter);
  #log = new KeyedList(byId("log"), (line) => line.id, fillLine);
  #draw = batched(() => this.#show());
  #onDismiss = () => this.#notice("");

  constructor(client, token, id) {
    this.id = id;
    this.#transcript = new TranscriptView(() => client.transcript(id));
    this.#ticking = setInterval(() => this.#showFacts(), 1_000);
    byId("notice-dismiss").addEventListener("click", this.#onDismiss);
    byId("log-level").addEventListener("change", this.#draw);
    forgetHues();
    for (const name of ["title", "status"]) setText(byId(name), "");
    for (const name of ["outcome", "notice"]) byId(name).hidden = true;
    byId("facts").replaceChildren();
    this.#following = follow({
      sessionId: id,
      getToken: () => token({ session_id: id }).catch((error) => this.#refused(error)),
      onReset: ({ reason }) => this.#notice(`${RESETS[reason] ?? reason}: this is the state from now on.`),
      onSnapshot: (snapshot) => this.#transcript.start(snapshot),
      onFrame: (frame) => this.#received(frame),
      onState: (state) => this.#connected(state),
    });
  }

  close() {
    this.#following.close();
    this.#transcript.close();
    clearInterval(this.#ticking);
    byId("notice-dismiss").removeEventListener("click", this.#onDismiss);
    byId("log-level").removeEventListener("change", this.#draw);
    for (const list of [this.#people, this.#rooms, this.#chat, this.#chapters, this.#log]) list.show([]);
  }

  #received(frame) {
    if (frame.at !== undefined) this.#transcript.follow(frame);
    this.#draw();
  }

  /** No stream token: one for a session that is not there will never come. */
  #refused(error) {
    if (error instanceof HubError && error.status === 404) {
      this.#following.close();
      showConnection(byId("connection"), { state: "failed", message: error.message });
      this.#notice(error.message);
    }
    throw error;
  }

  #connected(state) {
    showConnection(byId("connection"), state);
    if (state.state === "failed") this.#notice(state.message ?? "The hub ended the connection.");
    if (state.reason === "deleted") this.#notice("The session was deleted.");
  }

  #notice(text) {
    setText(byId("notice-text"), text);
    byId("notice").hidden = !text;
  }

  #show() {
    const snapshot = this.#following.snapshot;
    if (!snapshot) return;
    this.#showFacts();
    this.#showPeople(snapshot);
    this.#showChat(snapshot.chat);
    this.#showArtifacts(snapshot.artifacts);
    this.#showLog(snapshot.logs);
  }

  #showFacts() {
    const session = this.#following.snapshot?.session;
    if (!session) return;
    const title = titleOf(session);
    setText(byId("title"), title);
    document.title = `${title} · Session hub`;
    setText(byId("status"), humanized(session.status));
    byId("status").dataset.status = session.status;
    const counts = session.participant_counts;
    const until = session.ended_at ? Date.parse(session.ended_at) : Date.now();
    const began = session.started_at;
    const facts = [
      ["Duration", began ? clock((until - Date.parse(began)) / 1000) : "not started"],
      ["Present", String(counts.live)],
      ["Peak", String(counts.peak)],
      ["Joined in all", String(counts.total)],
      ["Segments", String(session.segment_count)],
      ["Started", began ? timeOfDay(began) : "—"],
    ];
    if (session.platform) facts.push(["Platform", humanized(session.platform)]);
    if (session.bot_name) facts.push(["Bot", session.bot_name]);
    showFacts(byId("facts"), facts);
    const { reason, code, message, stage } = session.end ?? {};
    const outcome = [reason, message, code, stage && `while in ${stage}`].filter(Boolean).join(" · ");
    setText(byId("outcome"), outcome);
    byId("outcome").hidden = !outcome;
  }

  #showPeople({ session, participants: { participants, truncated } }) {
    const here = participants.filter((who) => who.live);
    this.#people.show([...here, ...participants.filter((who) => !who.live)]);
    setText(byId("people-note"), truncated ? `${here.length} of those present` : "");
    byId("people-empty").hidden = participants.length > 0;
    this.#rooms.show(session.breakout_rooms);
    byId("rooms-part").hidden = session.breakout_rooms.length === 0;
  }

  #showChat({ messages, truncated }) {
    const list = byId("chat");
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
    this.#chat.show(messages);
    if (isAtEnd) list.scrollTop = list.scrollHeight;
    setText(byId("chat-note"), truncated ? "the newest" : "");
    byId("chat-empty").hidden = messages.length > 0;
  }

  #showArtifacts({ chapters, summary, recording }) {
    this.#chapters.show(chapters);
    byId("artifacts").hidden = !(chapters.length || summary || recording);
    byId("summary-part").hidden = !summary;
    setText(byId("summary"), summary?.text ?? summary?.reason ?? humanized(summary?.state ?? ""));
    byId("recording-part").hidden = !recording;
    if (recording) fillRecording(recording, byId("recording"));
  }

  #showLog({ lines, truncated }) {
    const list = byId("log");
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
    const least = LEVELS.indexOf(byId("log-level").value);
    const shown = lines.filter(({ level }) => LEVELS.indexOf(level) >= least);
    this.#log.show(shown);
    if (isAtEnd) list.scrollTop = list.scrollHeight;
    setText(byId("log-note"), truncated ? `the newest ${lines.length} lines` : `${lines.length} lines`);
    byId("log-empty").hidden = shown.length > 0;
  }
}

function showFacts(list, facts) {
  while (list.childElementCount > facts.length) list.lastElementChild.remove();
  for (const [index, [name, value]] of facts.entries()) {
    const fact = list.children[index] ?? list.appendChild(element("div", "", element("dt"), element("dd")));
    setText(fact.children[0], name);
    setText(fact.children[1], value);
  }
}

function fillPerson(who, target) {
  const open = who.connections.filter((connection) => connection.left_at === null);
  const devices = open.filter((connection) => connection.kind === "main").length;
  const about = [];
  if (who.role) about.push(humanized(who.role));
  if (devices > 1) about.push(`${devices} devices`);
  if (!who.live) about.push(`left ${timeOfDay(who.left_at)}`);
  target.className = `person ${hue(who.name)}`;
  target.classList.toggle("left", !who.live);
  target.classList.toggle("speaking", who.speaking);
  const name = element("span", "name", who.name);
  const badge = element("span", "avatar", initials(who.name));
  badge.setAttribute("aria-hidden", "true");
  target.replaceChildren(badge, element("span", "who", name, element("span", "about", about.join(" · "))));
  if (who.speaking) target.append(element("span", "tag speech", "Speaking"));
  if (open.some((connection) => connection.kind === "screenshare")) {
    target.append(element("span", "tag share", "Sharing"));
  }
}

function fillRoom(room, target) {
  const state = room.closed_at ? "closed" : "open";
  target.className = state;
  target.replaceChildren(element("span", "", room.title ?? room.room_id), element("span", "muted", state));
}

function fillMessage(message, target) {
  const sender = message.sender?.name ?? "Unknown";
  target.className = `message ${hue(sender)}`;
  target.replaceChildren(
    element("span", "speaker", sender),
    element("time", "", timeOfDay(message.at)),
    element("p", "text", message.text),
  );
}

function fillChapter(chapter, target) {
  target.replaceChildren(element("time", "", clock(chapter.start)), element("span", "", chapter.title));
}

function fillRecording(recording, target) {
  const size = recording.size === null ? "" : `${(recording.size / 1e6).toFixed(1)} MB`;
  const duration = recording.duration === null ? "" : clock(recording.duration);
  const about = [humanized(recording.state), recording.format ?? "", duration, size].filter(Boolean);
  target.replaceChildren(about.join(" · "));
  if (recording.url && /^https?:/.test(recording.url)) {
    const link = element("a", "", "Open");
    link.href = recording.url;
    link.rel = "noopener noreferrer";
    link.target = "_blank";
    target.append(" · ", link);
  }
}

function fillLine(line, target) {
  target.className = "line";
  target.dataset.level = line.level;
  const fields = Object.keys(line.fields).length ? JSON.stringify(line.fields) : "";
  const time = new Date(line.at).toLocaleTimeString();
  target.replaceChildren(
    element("time", "", time),
    element("span", "level", line.level),
    element("span", "message", [line.source && `${line.source}:`, line.message].filter(Boolean).join(" ")),
    element("span", "fields muted", fields),
  );
}
