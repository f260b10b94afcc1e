// The walk: a citizen signs in, applies for the family extract, is not asked
// for what the state knows, pays in cash at a till, and holds a sealed paper
// that a stranger verifies.

import assert from "node:assert/strict";

import { journey, plain, screenshot, useWorld } from "./harness.mjs";
import { signIn, until } from "./people.mjs";

const world = useWorld();

/** Reloads a case until it stands where it should. */
export async function untilStage(visitor, address, stage) {
  await until(`the stage ${stage}`, async () => {
    await visitor.page.goto(address);
    return (await visitor.page.getAttribute("#case", "data-stage")) === stage;
  });
}

/** Fills in the extract's form as far as the check page. */
export async function applyForExtract({ page, go }) {
  await go("/services/moi.family.extract/start");
  await page.click("#start");
  await page.waitForSelector("#known");
  const known = plain(await page.textContent("#known"));
  await page.click("#continue");
  // Nothing chosen: the page says what is missing, and loses nothing.
  await page.click("#continue");
  assert.equal(await page.locator("#summary a[href='#purpose-0']").count(), 1);
  await page.check("#purpose-1");
  await page.click("#continue");
  await page.waitForSelector("#submit");
  return known;
}

journey(world, "the family extract, from sign-in to a verified paper", async (visitor) => {
  const { page, at, language, scripts } = visitor;
  await signIn(world, visitor, "salma", "/cases");
  const known = await applyForExtract(visitor);
  assert.match(known, language.tag === "ar" ? /سلمى عادل خليل عواد/ : /Salma Adel Khalil Awwad/);
  if (scripts) await screenshot(page, `walk-check-${language.tag}`);
  await page.click("#submit");
  await page.waitForSelector("#case");
  const address = page.url();
  assert.equal(await page.getAttribute("#case", "data-stage"), "paying");

  // The till takes the 14 digits, and the case goes on by itself.
  await page.click("#pay");
  const code = plain(await page.textContent("#bill-code bdi")).replace(/\D/g, "");
  assert.equal(code.length, 14);
  await page.goto(at("/demo/pos"));
  await page.fill("#code", code);
  await page.click("#inquire");
  await page.click("#take");
  await page.waitForSelector("#till-receipt");
  await untilStage(visitor, address, "closed");
  if (scripts) await screenshot(page, `walk-timeline-${language.tag}`);

  // The paper is a PDF; its code verifies without a session.
  const paper = await page.context().request.get(await page.getAttribute("#paper", "href"));
  assert.equal(paper.headers()["content-type"], "application/pdf");
  assert.equal((await paper.body()).subarray(0, 5).toString(), "%PDF-");
  await page.goto(at("/looks"));
  assert.ok((await page.locator("#looks > li").count()) >= 2);
});
