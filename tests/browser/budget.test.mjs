// What a page costs on a thin line: octets of the first visit, and the time to
// its content on an emulated 2G line.

import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { LANGUAGES, useWorld, visit } from "./harness.mjs";
import { signIn } from "./people.mjs";

const world = useWorld();

/** Octets with head and style, compressed: pages that everybody needs, and the others. */
const FIRST = 9 * 1024;
const OTHER = 14 * 1024;
/** Everything that a first visit fetches. */
const ALL = 45 * 1024;
/** 2G as browsers emulate it: octets a second, milliseconds. */
const LINE = { offline: false, downloadThroughput: (50 * 1024) / 8, uploadThroughput: (20 * 1024) / 8, latency: 300 };
const CONTENT_MS = 2_500;

async function draft(visitor) {
  const { page, go } = visitor;
  await go("/services/moi.family.extract/start");
  await page.click("#start");
  await page.waitForURL(/\/form\/identity$/);
  const form = new URL(page.url()).pathname;
  await page.click("#continue");
  await page.check("#purpose-0");
  await page.click("#continue");
  await page.click("#submit");
  await page.waitForSelector("#case");
  return [form.replace("identity", "purpose"), new URL(page.url()).pathname];
}

for (const language of LANGUAGES) {
  test(`pages stay within their octets, and show themselves in time on 2G (${language.tag})`, async () => {
    const visitor = await visit(world, { language });
    const { page, context, at } = visitor;
    try {
      await signIn(world, visitor, "tareq");
      await page.waitForURL(/\/cases$/);
      const [form, timeline] = await draft(visitor);
      await context.storageState();
      const pages = { [at("/")]: FIRST, [at("/sign-in")]: FIRST, [form]: FIRST, [timeline]: FIRST };
      for (const path of ["/services", "/services/mot.licence.renew", "/search?q=rokhsa", "/offices", "/cases", "/inbox", "/papers", "/looks", "/privacy"]) {
        pages[at(path)] = OTHER;
      }
      for (const [path, limit] of Object.entries(pages)) {
        for (const coding of ["br", "gzip"]) {
          const answer = await context.request.get(path, { headers: { "accept-encoding": coding } });
          assert.equal(answer.status(), 200, path);
          // The client unpacks; packed again at the server's own quality it is the same size.
          const body = await answer.body();
          const packed = coding === "br" ? brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }) : gzipSync(body);
          const octets = packed.length + answer.headersArray().reduce((sum, { name, value }) => sum + name.length + value.length + 4, 0);
          assert.ok(octets <= limit, `${path} takes ${octets} octets of ${limit} (${coding})`);
        }
      }
    } finally {
      await visitor.close();
    }

    const fresh = await visit(world, { language });
    try {
      const line = await fresh.context.newCDPSession(fresh.page);
      await line.send("Network.enable");
      await line.send("Network.emulateNetworkConditions", LINE);
      let octets = 0;
      line.on("Network.loadingFinished", ({ encodedDataLength }) => (octets += encodedDataLength));
      await fresh.go("/");
      const shown = await fresh.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
      assert.ok(shown <= CONTENT_MS, `home shows itself after ${shown} ms`);
      await fresh.page.waitForLoadState("networkidle");
      assert.ok(octets <= ALL, `a first visit takes ${octets} octets`);
    } finally {
      await fresh.close();
    }
  });
}
