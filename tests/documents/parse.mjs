// Parses an AsyncAPI document and says what is wrong with it: node parse.mjs <node_modules> <document>.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, path] = process.argv.slice(2);
const { Parser } = createRequire(`${modules}/`)("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(readFileSync(path, "utf8"));
// Errors are 0 and warnings 1; below these the parser gives advice.
const wrong = diagnostics.filter(({ severity }) => severity <= 1);
for (const { code, message, path: where } of wrong) {
  console.log(`${code}: ${message} (${where.join(".")})`);
}
const said = `${document?.channels().length ?? 0} channels, ${document?.messages().length ?? 0} messages`;
console.log(`${said}, ${wrong.length} problems`);
process.exit(document === undefined || wrong.length > 0 ? 1 : 0);
