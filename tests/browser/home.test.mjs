// The home page: right language and direction, a name of its own, nothing for
// axe to find, nothing cut off, on a phone and on a desktop.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, checkOnBoth, journey, plain, useWorld, visit } from "./harness.mjs";

const world = useWorld();

const NAME = { ar: "حكومتي", en: "Hukumati" };

journey(world, "home says what it is", async ({ page, go, language }) => {
  await go("/");
  assert.equal(await page.getAttribute("html", "lang"), language.tag);
  assert.equal(await page.getAttribute("html", "dir"), language.direction);
  assert.ok(plain(await page.title()).includes(NAME[language.tag]), `the title is “${await page.title()}”`);
  assert.equal(await page.locator("h1").count(), 1, "one heading tells what the page is");
});

for (const language of LANGUAGES) {
  test(`home is accessible on a phone and a desktop (${language.tag})`, async () => {
    const visitor = await visit(world, { language });
    try {
      await visitor.go("/");
      await checkOnBoth(visitor.page, `home-${language.tag}`);
      assert.deepEqual(visitor.problems, []);
    } finally {
      await visitor.close();
    }
  });
}
