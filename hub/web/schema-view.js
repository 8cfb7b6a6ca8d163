/** Shows JSON Schema and examples of it. */

import { element } from "./elements.js";

const DEEPEST = 12;

/** Text in which `…` marks code; paragraphs are set apart by empty lines. */
export function prose(text) {
  return (text ?? "").split(/\n\s*\n/).map((paragraph) => element("p", "", ...marked(paragraph)));
}

/** The pieces of one paragraph. */
export function marked(text) {
  return (text ?? "")
    .split(/(`[^`]+`)/)
    .map((piece) => (/^`[^`]+`$/.test(piece) ? element("code", "", piece.slice(1, -1)) : piece));
}

/** JSON as a block. */
export function json(value) {
  return element("pre", "", JSON.stringify(value, null, 2));
}

/** The part of `root` that a reference leads to; what is no reference is returned as it is. */
export function resolved(root, value) {
  const path = value?.$ref?.split("/").slice(1) ?? [];
  return path.reduce((part, name) => part[name], path.length > 0 ? root : value);
}

/** A schema as a tree; parts within open when they are asked for. */
export function schemaView(root, schema, depth = 0) {
  const full = resolved(root, schema);
  if (depth > DEEPEST) return element("span", "muted", "…");
  const choices = full.anyOf ?? full.oneOf;
  if (choices !== undefined && full.properties === undefined) {
    const parts = choices.filter((choice) => isDeep(root, choice));
    return element("div", "schema", ...parts.map((part) => within(root, part, depth)));
  }
  if (full.type === "array") return schemaView(root, full.items, depth + 1);
  if (full.properties === undefined) return element("span", "muted", kind(root, full));
  const required = new Set(full.required);
  const rows = Object.entries(full.properties).map(([name, field]) => {
    const about = resolved(root, field);
    const note = field.description ?? about.description;
    const row = element("li", "", element("code", "name", name), " ");
    row.append(element("span", "kind", kind(root, field)));
    if (required.has(name)) row.append(element("span", "required", "required"));
    if (note) row.append(element("span", "note", ...marked(note)));
    if (isDeep(root, field)) row.append(within(root, field, depth));
    return row;
  });
  return element("ul", "schema", ...rows);
}

/** In a few words what a value of a schema is. */
export function kind(root, schema) {
  const named = schema.$ref?.split("/").at(-1);
  const full = resolved(root, schema);
  if (full.const !== undefined) return JSON.stringify(full.const);
  if (full.enum !== undefined) return full.enum.map((one) => JSON.stringify(one)).join(" | ") + initial(schema);
  if (named !== undefined) return named + initial(schema);
  const choices = full.anyOf ?? full.oneOf;
  if (choices !== undefined) return [...new Set(choices.map((one) => kind(root, one)))].join(" | ");
  if (full.type === "array") return `array of ${kind(root, full.items)}`;
  const bounds = [
    [full.minimum ?? full.minLength ?? full.minItems, full.maximum ?? full.maxLength ?? full.maxItems],
  ].map(([least, most]) => (least === undefined && most === undefined ? "" : ` ${least ?? ""}…${most ?? ""}`));
  const format = full.format === undefined ? "" : ` (${full.format})`;
  return `${full.type ?? "any"}${format}${bounds.join("")}${initial(full)}`;
}

function initial({ default: value }) {
  return value === undefined || value === null ? "" : ` = ${JSON.stringify(value)}`;
}

/** Whether there is more to show of a schema than its kind. */
function isDeep(root, schema) {
  const full = resolved(root, schema);
  if (full.properties !== undefined) return true;
  if (full.type === "array") return isDeep(root, full.items);
  return (full.anyOf ?? full.oneOf ?? []).some((choice) => isDeep(root, choice));
}

function within(root, schema, depth) {
  const shown = element("details", "within", element("summary", "", kind(root, schema)));
  shown.addEventListener("toggle", () => shown.append(schemaView(root, schema, depth + 1)), { once: true });
  return shown;
}
