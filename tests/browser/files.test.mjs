// Files as answers: a plain form without scripts, in pieces with them, in both
// languages. The folder that asks for them is a copy of one of ours with one page more.

import assert from "node:assert/strict";
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";

import { begin } from "./forms.mjs";
import { checkOnBoth, LANGUAGES, openBrowser, ROOT, startServer, visit } from "./harness.mjs";
import { signIn } from "./people.mjs";

const KEY = "moi.family.extract";
const PAGE = `[[page]]\nid = "proof"\nfield = { id = "proof", kind = "files", required = true, most = 3, accept = ["pdf", "png"] }\n\n`;
const TEXTS = "\npage-proof-title = إثبات\nfield-proof-label = إثبات\nfield-proof-hint = صور\nfield-proof-missing = إثبات مطلوب\n";

const world = {};
before(async () => {
  world.services = await mkdtemp(join(tmpdir(), "hukumati-files-"));
  await cp(join(ROOT, "services"), world.services, { recursive: true });
  const file = join(world.services, KEY, "service.toml");
  const toml = await readFile(file, "utf8");
  await writeFile(file, toml.replace("[[page]]", `${PAGE}[[page]]`));
  for (const language of LANGUAGES) await appendFile(join(world.services, KEY, `${language.tag}.ftl`), TEXTS);
  world.server = await startServer({ args: ["--services", world.services] });
  world.browser = await openBrowser();
});
after(async () => {
  await world.browser?.close();
  await world.server?.stop();
  await rm(world.services, { recursive: true, force: true });
});

const CRC = Array.from({ length: 256 }, (_, index) => {
  let sum = index;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum >>> 0;
});

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind), data]);
  const sum = body.reduce((crc, byte) => (crc >>> 8) ^ CRC[(crc ^ byte) & 255], 0xffffffff) ^ 0xffffffff;
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeInt32BE(sum | 0, body.length + 4);
  return whole;
}

/** A grey picture; `level` 0 packs nothing. */
function png(side, level = 9) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head[8] = 8;
  const rows = deflateSync(Buffer.alloc(side * (side + 1)), { level });
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  return Buffer.concat([start, chunk("IHDR", head), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

test("the page's scripts stay within their octets", async () => {
  let octets = 0;
  for (const path of ["/app.js", "/files.js"]) octets += gzipSync(await (await fetch(world.server.origin + path)).text()).length;
  assert.ok(octets <= 6 * 1024, `${octets} octets`);
});

const named = (name, buffer) => ({ name, mimeType: "application/octet-stream", buffer });

for (const language of LANGUAGES) {
  const name = language.tag === "ar" ? "tareq" : "samir";

  test(`without scripts a file that fails loses no other (${language.tag})`, async () => {
    const visitor = await visit(world, { language, scripts: false });
    const { page } = visitor;
    try {
      await signIn(world, visitor, name, "/cases");
      await page.waitForURL(/\/cases$/);
      await begin(visitor, { service: KEY });
      await page.setInputFiles("#files", [named("هوية.png", png(4)), named("scan.pdf", Buffer.from("PK")), named("large.pdf", Buffer.alloc(11 * 1024 * 1024, 65))]);
      await page.click("#continue");
      await page.waitForSelector("#summary");
      const wrong = await page.textContent("#summary");
      assert.ok(wrong.includes("scan.pdf") && wrong.includes("large.pdf") && !wrong.includes("هوية"), wrong);
      assert.deepEqual(await page.locator("#attached .attached").allTextContents(), ["هوية.png"]);
      await page.click(".remove");
      assert.equal(await page.locator("#attached li").count(), 0);
      await page.setInputFiles("#files", [named("هوية.png", png(4))]);
      await page.click("#attach-files");
      assert.deepEqual(await page.locator("#attached .attached").allTextContents(), ["هوية.png"]);
      await page.click("#continue");
      await page.waitForURL(/\/form\/(?!proof)/);
    } finally {
      await visitor.close();
    }
  });

  test(`with scripts a file goes on after a cut (${language.tag})`, async () => {
    const visitor = await visit(world, { language });
    const { page } = visitor;
    try {
      await signIn(world, visitor, name, "/cases");
      await page.waitForURL(/\/cases$/);
      await begin(visitor, { service: KEY });
      await checkOnBoth(page, `files-${language.tag}`);
      let pieces = 0;
      const offsets = [];
      await page.route(/\/uploads\//, async (route) => {
        if (route.request().method() !== "PATCH") return route.continue();
        pieces += 1;
        offsets.push(Number(route.request().headers()["upload-offset"]));
        // The line is cut at the third piece, once.
        return pieces === 3 ? route.abort("connectionreset") : route.continue();
      });
      // 512 × 513 octets, not packed: five pieces.
      await page.setInputFiles("#files", [named("صورة كبيرة.png", png(512, 0)), named("scan.pdf", Buffer.from("PK"))]);
      await page.click("#attach-files");
      await page.waitForSelector("#progress .msg");
      assert.ok((await page.textContent("#progress .msg")).includes("scan.pdf"));
      const piece = 64 * 1024;
      assert.deepEqual(offsets.slice(0, 6), [0, 1, 2, 2, 3, 4].map((at) => at * piece));
      await page.reload();
      assert.deepEqual(await page.locator("#attached .attached").allTextContents(), ["صورة كبيرة.png"]);
      await page.setInputFiles("#files", [named("small.png", png(5))]);
      await page.click("#continue");
      await page.waitForURL(/\/form\/(?!proof)/);
    } finally {
      await visitor.close();
    }
  });
}
