// What hasty people do: two windows on one draft, a button pressed twice, the
// way back after sending, a form that is too old, one telephone for two people.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EXTRACT, begin } from "./forms.mjs";
import { LANGUAGES, inspect, journey, plain, useWorld, visit } from "./harness.mjs";
import { beginOpening, codeFor, fields, post as send, sentTo, signIn } from "./people.mjs";

const world = useWorld();

const post = (visitor, url, form) => send(world, visitor, url, form);

/** Huda and her son Karim share one telephone; they are found by their days of birth. */
const [HUDA, KARIM] = ["1971-09-03", "2005-02-17"];

/** Nobody has registered a telephone for Yousef; this is what he chooses. */
const YOUSEF = "1948-01-30";
const PASSWORD = "carob-and-sage-on-the-terrace";

async function toPurpose(visitor) {
  await begin(visitor, EXTRACT);
  await visitor.page.click("#continue");
  await visitor.page.waitForURL(/\/form\/purpose$/);
  return visitor.page.url();
}

async function cases({ page, go }) {
  await go("/cases");
  return page.locator(".card").count();
}

journey(world, "two windows, two presses and the way back make one case", async (visitor) => {
  const { page, context } = visitor;
  await signIn(world, visitor, "tareq");
  await page.waitForURL(/\/cases$/);
  const before = await cases(visitor);
  const purpose = await toPurpose(visitor);

  // The second window answers; what the first, older one sends then is taken as the newer word.
  const second = await context.newPage();
  await second.goto(purpose);
  await second.check("#purpose-2");
  await second.click("#continue");
  await second.waitForSelector("#submit");
  await page.check("#purpose-1");
  await page.click("#continue");
  await page.waitForSelector("#submit");
  assert.match(plain(await page.textContent("main")), visitor.language.tag === "ar" ? /دراسة/ : /[Ss]tud/);

  // The same form twice, as an impatient finger sends it.
  const form = await fields(page, "form[action$='/submit']");
  const action = new URL(await page.getAttribute("form[action$='/submit']", "action"), page.url()).href;
  const answers = await Promise.all([post(visitor, action, form), post(visitor, action, form)]);
  assert.deepEqual(answers.map((answer) => answer.status()), [303, 303]);
  assert.equal(answers[0].headers().location, answers[1].headers().location);

  // The second window still shows the old check page: it says that the case was sent, and sends nothing.
  await second.click("#submit");
  await second.waitForSelector("h1");
  assert.equal(await second.locator("#submit").count(), 0);
  await second.close();

  // The way back leads to a page that is no longer true; it says so.
  await page.goto(purpose);
  await page.waitForSelector("h1");
  assert.equal(await page.locator("input[type=radio]").count(), 0);
  await inspect(visitor);
  assert.equal(await cases(visitor), before + 1);
});

journey(world, "a form of another browser or a broken one does nothing, and says how to go on", async (visitor) => {
  const { page } = visitor;
  await signIn(world, visitor, "salma");
  await page.waitForURL(/\/cases$/);
  const purpose = await toPurpose(visitor);
  const good = await fields(page, "main form", { purpose: "work" });
  for (const [broken, status] of [
    [{ ...good, _csrf: "x" }, 400],
    [{ ...good, purpose: "none of these" }, 422],
    [{ ...good, purpose: "ا".repeat(300_000) }, 413],
    [{ ...good, purpose: "\u0000\u202e" }, 400],
    [{ ...good, unknown: "field" }, 303],
  ]) {
    const answer = await post(visitor, purpose, broken);
    assert.equal(answer.status(), status, JSON.stringify(broken).slice(0, 120));
    if (status !== 303) assert.match(await answer.text(), new RegExp(`<html lang="${visitor.language.tag}"`));
  }
  // Nothing was lost on the way.
  await page.goto(purpose);
  await page.check("#purpose-0");
  await page.click("#continue");
  await page.waitForSelector("#submit");
});

journey(world, "a mother and her son on one telephone: neither one's code serves the other", async (visitor) => {
  const mother = await beginOpening(world, visitor, HUDA);
  const hers = await codeFor(world, mother.phone, mother.before);
  const mothers = visitor.page.url();
  const before = (await sentTo(world, mother.phone)).length;
  await beginOpening(world, visitor, KARIM);
  const his = await codeFor(world, mother.phone, before);
  const sons = visitor.page.url();
  assert.notEqual(hers, his);
  for (const [address, wrong] of [[mothers, his], [sons, hers]]) {
    await visitor.page.goto(address);
    await visitor.page.fill("#code", wrong);
    await visitor.page.click("#continue");
    await visitor.page.waitForSelector("#code");
    assert.equal(await visitor.page.locator("#new-password").count(), 0);
  }
  await visitor.page.fill("#code", his);
  await visitor.page.click("#continue");
  await visitor.page.waitForSelector("#new-password");
});

test("whoever has no registered number may draft, and is told nothing until a counter has seen the card", async () => {
  const visitor = await visit(world, { language: LANGUAGES[0] });
  const { page, at } = visitor;
  try {
    const who = await beginOpening(world, visitor, YOUSEF);
    await page.waitForSelector("#new-password");
    assert.equal(await page.locator("#code").count(), 0);
    await page.fill("#new-password", PASSWORD);
    await page.fill("#again-password", PASSWORD);
    await page.click("#continue");
    await page.waitForURL((url) => !/\/account\/open\/.+\/password$/.test(url.pathname));
    await page.goto(at(`/sign-in?return=${encodeURIComponent(at("/cases"))}`));
    if ((await page.locator("#leave").count()) === 0) {
      await page.fill("#id-number", who.idNumber);
      await page.fill("#password", PASSWORD);
      await page.click("#continue");
    }
    await page.waitForSelector("#leave");

    const purpose = await toPurpose(visitor);
    await page.goto(purpose.replace("purpose", "identity"));
    assert.equal(await page.locator("#known").count(), 0);
    assert.ok(!plain(await page.textContent("main")).includes("عبيد"));
    await inspect(visitor);
    await page.goto(purpose);
    await page.check("#purpose-0");
    await page.click("#continue");
    // Sending needs more than a password: the page says what, and the draft stays.
    await page.waitForURL(/\/check$/);
    assert.equal(await page.locator("#submit").count(), 0);
    await inspect(visitor);
    await page.goto(purpose);
    assert.ok(await page.isChecked("#purpose-0"));
    assert.deepEqual(visitor.problems, []);
  } finally {
    await visitor.close();
  }
});
