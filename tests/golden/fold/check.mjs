// Folds every golden file named on the command line with fold.js and prints the names of those that differ.
// Usage: node check.mjs <folder with fold.js> <golden file>…

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const { apply } = await import(pathToFileURL(join(folder, "fold.js")));
const frozen = (value) => {
  if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(frozen);
  return value;
};
for (const file of files) {
  const { name, snapshot, entries, expected } = JSON.parse(await readFile(file, "utf8"));
  let state = frozen(snapshot);
  for (const entry of entries) state = frozen(apply(state, frozen(entry)));
  try {
    assert.deepStrictEqual(JSON.parse(JSON.stringify(state)), expected);
  } catch (error) {
    console.log(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
