// Nothing that lies on the disk, in a backup or in the log names a person: after
// a whole walk, every file is searched for the demo's people.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

import { walkExtract } from "./extract.mjs";
import { BINARY, LANGUAGES, ROOT, WIDTHS, useWorld, visit } from "./harness.mjs";
import { beginOpening } from "./people.mjs";

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), "hukumati-private-"));
const data = join(folder, "data");
after(() => rm(folder, { recursive: true, force: true }));
const world = useWorld({ data });

/** A part of a name, a number or a telephone that is long enough to mean somebody. */
const LETTERS = 4;

/** Names, ID numbers and telephones of the listed people, as the demo's own file has them. */
async function secrets() {
  const text = await readFile(join(ROOT, "crates/sandbox/demo.toml"), "utf8");
  const people = text.split(/^\[\[officer\]\]/m)[0];
  const words = new Set();
  for (const [, list] of people.matchAll(/^(?:arabic|latin|name|name_ar|name_en|given|family)[a-z_]* = (.*)$/gm)) {
    for (const [, word] of list.matchAll(/"([^"]+)"/g)) word.split(/\s+/).forEach((part) => words.add(part));
  }
  for (const [, number] of people.matchAll(/^(?:id|head|number|phone|phones)[a-z_]* = .*?(\d{8,})/gm)) words.add(number);
  // Letters of a fee's public name, such as «شركة», mean nobody.
  const fees = await feeNames();
  return [...words].filter((word) => [...word].length >= LETTERS && !fees.includes(word));
}

/** The fees' names, as Finance's register publishes them. */
async function feeNames() {
  const names = [];
  for (const file of (await files(join(ROOT, "services"))).filter((file) => file.endsWith("service.toml"))) {
    const text = await readFile(file, "utf8");
    for (const [, ar, en] of text.matchAll(/^name = \{ ar = "([^"]*)", en = "([^"]*)" \}/gm)) names.push(ar, en);
  }
  return names.join("\n");
}

async function files(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Which of the words stand in these octets, as text of any Unicode encoding that we write. */
function found(octets, words) {
  return words.filter((word) => octets.includes(Buffer.from(word, "utf8")) || octets.includes(Buffer.from(word, "utf16le")));
}

test("after a walk no file, backup or log names a person", async () => {
  const words = await secrets();
  assert.ok(words.length >= 60, `${words.length} words to look for`);
  const [arabic] = LANGUAGES;
  for (const walk of [(visitor) => walkExtract(world, visitor), (visitor) => beginOpening(world, visitor, "1996-11-08")]) {
    const visitor = await visit(world, { language: arabic, scripts: false, width: WIDTHS.phone });
    await walk(visitor).finally(() => visitor.close());
  }
  const backup = join(folder, "backup.tar");
  await run(BINARY, ["backup", "--data", data, "--to", backup]);
  const lying = [...(await files(data)), backup];
  assert.ok(lying.some((file) => file.endsWith("-wal")) && lying.some((file) => file.includes("blobs")), lying.join("\n"));
  // What was found of the services' folders repeats their texts, where letters of a name
  // stand in other words, such as «المحافظة».
  const texts = await Promise.all((await files(join(ROOT, "services"))).map((file) => readFile(file)));
  const said = found(Buffer.concat(texts), words);
  for (const file of lying) {
    const looked = file.endsWith("services.checked") ? words.filter((word) => !said.includes(word)) : words;
    assert.deepEqual(found(await readFile(file), looked), [], file);
  }
  const log = Buffer.from(world.server.output.join("\n"));
  assert.deepEqual(found(log, words), [], "the log");
  // The search itself finds what is there.
  assert.equal(found(Buffer.from(`x${words[0]}x`), words).length > 0, true);
});
