// The installed app: what was read last can be read without a network, says that
// it is a kept copy, and is gone at sign-out.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EXTRACT, submit } from "./forms.mjs";
import { LANGUAGES, inspect, plain, useWorld, visit } from "./harness.mjs";
import { signIn, until } from "./people.mjs";

const world = useWorld();

/** The worker and all scripts of a citizen's page, octets as they travel. */
const WORKER_BYTES = 4_096;
const SCRIPT_BYTES = 6_144;

test("the worker and the scripts stay small, and the manifest can be installed", async () => {
  const get = async (path) => {
    const answer = await fetch(world.server.origin + path);
    assert.equal(answer.status, 200, path);
    return answer;
  };
  assert.ok((await (await get("/sw.js")).arrayBuffer()).byteLength <= WORKER_BYTES);
  assert.ok((await (await get("/app.js")).arrayBuffer()).byteLength <= SCRIPT_BYTES);
  for (const { prefix, direction } of LANGUAGES) {
    const manifest = await (await get(`${prefix}/manifest.webmanifest`)).json();
    assert.equal(manifest.dir, direction);
    for (const icon of manifest.icons) assert.equal((await get(icon.src)).headers.get("content-type"), icon.type);
  }
});

/** Whether the app keeps a copy of this path. */
const keeps = (page, path) => page.evaluate(async (path) => Boolean(await (await caches.open("kept")).match(path)), path);

for (const language of LANGUAGES) {
  test(`the last timeline and papers are there without a network, until sign-out (${language.tag})`, async () => {
    const visitor = await visit(world, { language });
    const { page, context, at } = visitor;
    try {
      // A waived case has its paper within seconds.
      await signIn(world, visitor, "amal", "/cases");
      await page.waitForURL(/\/cases$/);
      await page.evaluate(() => navigator.serviceWorker.ready);
      const address = await submit(visitor, EXTRACT);
      await until("the paper", async () => {
        await page.goto(address);
        return (await page.getAttribute("#case", "data-stage")) === "closed";
      });
      const said = plain(await page.textContent("#case"));
      const paper = new URL(await page.getAttribute("#paper", "href"), address).pathname;
      await page.goto(at("/papers"));
      await until("the kept copies", async () => (await keeps(page, new URL(address).pathname)) && (await keeps(page, paper)));

      await context.setOffline(true);
      await page.goto(address);
      assert.equal(await page.locator("#offline").count(), 1);
      assert.equal(plain(await page.textContent("#case")), said);
      await inspect(visitor);
      const file = await page.evaluate(async (path) => (await (await fetch(path)).text()).slice(0, 5), paper);
      assert.equal(file, "%PDF-");
      // What was never opened says so, and leads to what was.
      await page.goto(at("/services"));
      assert.equal(await page.locator(`main a[href='${at("/cases")}']`).count(), 1);
      await inspect(visitor);

      await context.setOffline(false);
      await page.goto(at("/sign-out"));
      await page.click("main button");
      await page.waitForURL((url) => !/sign-out/.test(url.pathname));
      assert.ok(!(await keeps(page, new URL(address).pathname)) && !(await keeps(page, paper)));
      await context.setOffline(true);
      await page.goto(address).catch(() => {});
      assert.equal(await page.locator("#case").count(), 0);
      assert.deepEqual(visitor.problems, []);
    } finally {
      await visitor.close();
    }
  });
}
