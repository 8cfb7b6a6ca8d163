/** The page of the documents: reads both, and shows what there is to ask for and what is sent. */

import { byId, element } from "./elements.js";
import { json, kind, marked, prose, resolved, schemaView } from "./schema-view.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

/** One thing that can be opened: a line, and what is shown below it once it is open. */
function entry(id, line, searched, show) {
  const shown = element("details", "entry", element("summary", "", ...line));
  shown.id = id;
  shown.dataset.searched = searched.toLowerCase();
  shown.addEventListener("toggle", () => shown.append(element("div", "inside", ...show())), { once: true });
  return shown;
}

function titled(title, ...children) {
  return [element("h4", "", title), ...children];
}

function table(head, rows) {
  const cells = (tag, row) => element("tr", "", ...row.map((cell) => element(tag, "", ...[cell].flat())));
  return element("table", "", element("thead", "", cells("th", head)), element("tbody", "", ...rows.map((row) => cells("td", row))));
}

function parameters(root, found) {
  const rows = found.map((one) => [
    element("code", "", one.name),
    one.in,
    kind(root, one.schema),
    marked(one.description),
    element("code", "", String(one.example)),
  ]);
  return titled("Parameters", table(["name", "in", "what it is", "meaning", "example"], rows));
}

function content(root, found) {
  return Object.entries(found ?? {}).flatMap(([type, { schema, example, examples }]) => {
    const shown = [element("p", "type", element("code", "", type))];
    if (schema.$ref !== undefined || schema.anyOf !== undefined) shown.push(schemaView(root, schema));
    const all = example === undefined ? Object.values(examples ?? {}) : [{ value: example }];
    return [...shown, ...all.map((one) => json(resolved(root, one).value))];
  });
}

function answers(root, found) {
  return Object.entries(found).flatMap(([status, answer]) => {
    const line = element("p", "answered", element("strong", "", status), " ", ...marked(answer.description));
    // Errors are all of one form: what they mean says enough.
    return Number(status) < 400 ? [line, ...content(root, answer.content)] : [line];
  });
}

function operation(root, path, method, one) {
  const verb = element("span", `verb ${method}`, method.toUpperCase());
  const line = [verb, element("code", "path", path), element("span", "muted", one.summary)];
  return entry(one.operationId, line, `${method} ${path} ${one.summary}`, () => [
    ...prose(one.description),
    ...(one.parameters ? parameters(root, one.parameters) : []),
    ...(one.requestBody ? titled("Body", ...content(root, one.requestBody.content)) : []),
    ...titled("Answers", ...answers(root, one.responses)),
  ]);
}

function showHttp(root) {
  byId("http-about").replaceChildren(...prose(root.info.description));
  const schemes = Object.entries(root.components.securitySchemes);
  byId("credentials").replaceChildren(
    table(["credential", "meaning"], schemes.map(([name, one]) => [element("code", "", name), marked(one.description)])),
  );
  const all = Object.entries(root.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => [path, method, item[method]]),
  );
  for (const tag of root.tags) {
    const id = `group-${tag.name.replaceAll(" ", "-")}`;
    const own = all.filter(([, , one]) => one.tags.includes(tag.name));
    const title = element("h2", "", tag.name);
    title.id = id;
    byId("operations").append(title, ...prose(tag.description), ...own.map((found) => operation(root, ...found)));
    contents(id, tag.name);
  }
}

function channel(root, name, one) {
  const line = [element("code", "path", one.address), element("span", "muted", one.title)];
  return entry(`channel-${name}`, line, `${one.address} ${one.title}`, () => {
    const asked = Object.values(root.operations).filter((found) => found.channel.$ref.endsWith(`/${name}`));
    const query = asked.map((found) => found.bindings?.http?.query).find(Boolean) ?? one.bindings?.ws?.query;
    const links = Object.keys(one.messages).map((message) => {
      const link = element("a", "", message);
      link.href = `#message-${message}`;
      return element("li", "", link);
    });
    return [
      ...prose(one.description),
      ...(query ? titled("Query", schemaView(root, query)) : []),
      ...titled("Messages", element("ul", "links", ...links)),
    ];
  });
}

function message(root, name, one) {
  const line = [element("code", "path", one.name), element("span", "muted", one.title)];
  const about = resolved(root, one.payload).description;
  return entry(`message-${name}`, line, `${one.name} ${one.title}`, () => [
    ...prose(one.description ?? about),
    schemaView(root, one.payload),
    ...titled("Examples", ...one.examples.map((example) => json(example.payload))),
  ]);
}

function showStreams(root) {
  byId("streams-about").replaceChildren(...prose(root.info.description));
  const channels = Object.entries(root.channels).map(([name, one]) => channel(root, name, one));
  byId("channels").replaceChildren(...channels);
  const messages = Object.entries(root.components.messages).map(([name, one]) => message(root, name, one));
  byId("messages").replaceChildren(...messages);
  contents("streams", "Streams and the WebSocket");
}

function contents(id, title) {
  const link = element("a", "", title);
  link.href = `#${id}`;
  byId("contents").append(element("li", "", link));
}

function find(text) {
  const wanted = text.trim().toLowerCase();
  for (const one of document.querySelectorAll(".entry")) one.hidden = !one.dataset.searched.includes(wanted);
}

/** Opens what the address names. */
function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
  named?.scrollIntoView();
}

async function read(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path} cannot be read: ${answer.status}`);
  return answer.json();
}

try {
  const [http, streams] = await Promise.all([read("/openapi.json"), read("/asyncapi.json")]);
  showHttp(http);
  showStreams(streams);
  byId("find").addEventListener("input", (event) => find(event.target.value));
  addEventListener("hashchange", openNamed);
  openNamed();
} catch (error) {
  byId("problem").hidden = false;
  byId("problem").textContent = error.message;
}
