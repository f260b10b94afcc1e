// What a page costs on a thin line: octets of the first visit, and the time to
// its content on an emulated 2G line.

import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";

import { EXTRACT, begin, submit } from "./forms.mjs";
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

/** Octets of an answer as they travel: head and body, still packed. */
function weigh(path, headers) {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, world.server.origin), { headers }, (answer) => {
      const head = answer.rawHeaders.reduce((sum, part) => sum + part.length + 2, 0);
      let body = 0;
      answer.on("data", (part) => (body += part.length));
      answer.on("end", () => resolve({ status: answer.statusCode, coding: answer.headers["content-encoding"], octets: head + body }));
    });
    asked.on("error", reject).end();
  });
}

for (const language of LANGUAGES) {
  test(`pages stay within their octets, and show themselves in time on 2G (${language.tag})`, async () => {
    const guest = await visit(world, { language });
    const visitor = await visit(world, { language });
    const { page, at } = visitor;
    try {
      await guest.page.goto(at("/sign-in"));
      await signIn(world, visitor, "tareq");
      await page.waitForURL(/\/cases$/);
      const timeline = await submit(visitor, EXTRACT);
      const question = (await begin(visitor, EXTRACT)).replace("identity", "purpose");
      const others = ["/services", "/services/mot.licence.renew", "/search?q=rokhsa", "/offices", "/privacy"];
      const own = ["/cases", "/inbox", "/papers", "/looks"];
      const pages = [
        [guest, FIRST, [at("/"), guest.page.url()]],
        [guest, OTHER, others.map(at)],
        [visitor, FIRST, [question, timeline]],
        [visitor, OTHER, own.map(at)],
      ];
      for (const [whose, limit, paths] of pages) {
        const cookie = (await whose.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
        for (const path of paths) {
          for (const coding of ["br", "gzip"]) {
            const weighed = await weigh(path, { cookie, "accept-encoding": coding, accept: "text/html" });
            assert.deepEqual([weighed.status, weighed.coding], [200, coding], path);
            assert.ok(weighed.octets <= limit, `${path} takes ${weighed.octets} octets of ${limit} (${coding})`);
          }
        }
      }
    } finally {
      await visitor.close();
      await guest.close();
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
