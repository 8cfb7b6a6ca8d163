/** The page: signing in, and which session is shown. */

import { HubClient, HubError } from "./client.js";
import { byId, setText } from "./elements.js";
import { SessionList } from "./session-list.js";
import { SessionView } from "./session-view.js";

const STORED = "hub.key";
const app = byId("app");
const signIn = byId("sign-in");

let client = null;
let list = null;
let view = null;

/** The parts of the fragment, without the key: that is read once and then taken out of the address. */
function fragment() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const key = parts.get("key");
  if (key !== null) {
    parts.delete("key");
    history.replaceState(null, "", `${location.pathname}${location.search}#${parts}`);
    sessionStorage.setItem(STORED, key);
  }
  return parts;
}

function showSignIn(message = "") {
  app.hidden = true;
  signIn.hidden = false;
  setText(byId("sign-in-error"), message);
  byId("sign-in-error").hidden = !message;
  byId("key").focus();
}

function signOut(message) {
  sessionStorage.removeItem(STORED);
  view?.close();
  list?.close();
  view = list = client = null;
  showSignIn(message);
}

/** A stream token for `request`; a key that is not taken any more ends the visit. */
async function token(request) {
  try {
    return (await client.token(request)).token;
  } catch (error) {
    if (error instanceof HubError && error.status === 401) signOut("The API key is not valid any more.");
    throw error;
  }
}

async function enter(key) {
  const candidate = new HubClient({ key });
  try {
    await candidate.sessions({ limit: "1" });
  } catch (error) {
    const isRefused = error instanceof HubError && error.status < 500;
    if (isRefused) sessionStorage.removeItem(STORED);
    showSignIn(isRefused ? error.message : "The hub cannot be reached. Try again in a moment.");
    return;
  }
  sessionStorage.setItem(STORED, key);
  byId("key").value = "";
  client = candidate;
  signIn.hidden = true;
  app.hidden = false;
  list = new SessionList(client, token);
  route();
}

function route() {
  const id = fragment().get("session");
  if (!client || view?.id === id) return;
  view?.close();
  view = id ? new SessionView(client, token, id) : null;
  list.select(id);
  app.classList.toggle("has-session", Boolean(id));
  byId("welcome").hidden = Boolean(id);
  byId("session").hidden = !id;
  if (id) byId("session").focus({ preventScroll: true });
  else document.title = "Session hub";
}

byId("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(byId("key").value.trim());
});
byId("sign-out").addEventListener("click", () => signOut(""));
addEventListener("hashchange", () => {
  const before = sessionStorage.getItem(STORED);
  fragment();
  const key = sessionStorage.getItem(STORED);
  if (key && key !== before) {
    if (client) signOut("");
    enter(key);
  } else {
    route();
  }
});

fragment();
const stored = sessionStorage.getItem(STORED);
if (stored) enter(stored);
else showSignIn();
