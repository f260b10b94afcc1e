// Walk, line 1: finding a service, with scripts on and off; and every public
// page in each of its states, in both languages, on a phone and a desktop.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { LANGUAGES, ROOT, WIDTHS, checkAccessible, checkFits, journey, plain, screenshot, useWorld, visit } from "./harness.mjs";

const world = useWorld();

const golden = [...(await readFile(join(ROOT, "services/search.toml"), "utf8")).matchAll(/query = "([^"]+)"(?:, first = "([^"]+)")?/g)];

/** Where each state of a public page is met: [state, path, expected status]. */
const STATES = {
  "/": { ok: ["/", 200] },
  "/accessibility": { ok: ["/accessibility", 200] },
  "/privacy": { ok: ["/privacy", 200] },
  "/terms": { ok: ["/terms", 200] },
  "/services": { ok: ["/services", 200] },
  "/services/{key}": { ok: ["/services/mot.licence.renew", 200], 404: ["/services/none", 404] },
  "/search": { found: ["/search?q=rokhsa", 200], empty: ["/search?q=qwzx", 200] },
  "/life-events/{key}": { ok: ["/life-events/family", 200], 404: ["/life-events/none", 404] },
  "/offices": { ok: ["/offices", 200] },
  "/verify": { ok: ["/verify", 200] },
  "/verify/{code}": { 404: ["/verify/P-0000-0000", 404] },
  "/offices/{key}": { ok: ["/offices/post.ramallah", 200], 404: ["/offices/none", 404] },
};

journey(world, "a service is found from home and says what it costs", async ({ page, go }) => {
  await go("/");
  await page.fill("#q", "رخصه سياقه");
  await page.click("form[role=search] button");
  const first = page.locator(".card a").first();
  assert.match(await first.getAttribute("href"), /\/services\/mot\.licence\.renew$/);
  await first.click();
  assert.equal(await page.locator("h1").count(), 1);
  assert.ok(plain(await page.textContent("main")).includes("100.00"));
});

test("every golden query finds its service first, scripts off", async () => {
  assert.ok(golden.length >= 30, `${golden.length} queries`);
  const visitor = await visit(world, { language: LANGUAGES[0], scripts: false });
  try {
    for (const [, query, first] of golden) {
      await visitor.go(`/search?q=${encodeURIComponent(query)}`);
      const cards = visitor.page.locator(".card a");
      if (first === undefined) {
        assert.equal(await cards.count(), 0, `“${query}” finds something`);
        assert.equal(await visitor.page.locator("#nothing-found").count(), 1);
      } else {
        assert.equal(await cards.first().getAttribute("href"), `/services/${first}`, `“${query}”`);
      }
    }
  } finally {
    await visitor.close();
  }
});

test("every public page has its states listed here", async () => {
  const routes = (await readFile(join(ROOT, "docs/routes.txt"), "utf8")).split("\n").map((line) => line.split(/\s{2,}/));
  // Files for machines have no states.
  const files = ["/api/openapi.json", "/audit/checkpoint", "/audit/consistency/{old}/{new}"];
  const pages = routes.filter(([listener, path, method, right]) => listener === "public" && method === "GET" && right === "public" && !files.includes(path));
  for (const [, path, , , , states] of pages) {
    assert.deepEqual(Object.keys(STATES[path] ?? {}).sort(), (states ?? "").split(" ").sort(), `the states of ${path}`);
  }
});

for (const [route, states] of Object.entries(STATES)) {
  for (const [state, [path, status]] of Object.entries(states)) {
    test(`${route} is accessible when ${state}`, async () => {
      for (const language of LANGUAGES) {
        for (const [device, width] of Object.entries(WIDTHS)) {
          const visitor = await visit(world, { language, width });
          try {
            const answer = await visitor.page.goto(`${language.prefix}${path}`.replace(/^(\/en)\/$/, "$1"));
            assert.equal(answer.status(), status, path);
            assert.equal(await visitor.page.getAttribute("html", "dir"), language.direction);
            await screenshot(visitor.page, `${route}-${state}-${language.tag}-${device}`);
            await checkFits(visitor.page);
            await checkAccessible(visitor.page);
          } finally {
            await visitor.close();
          }
        }
      }
    });
  }
}
