// Paying when it does not go as it should: a challenge that is abandoned, one
// that is answered twice, a way back that lies, a bill that is paid twice, a bank
// that is out. What the bank says when it is asked is believed, and nothing else.

import assert from "node:assert/strict";

import { EXTRACT, submit } from "./forms.mjs";
import { inspect, journey, plain, shekels, useWorld } from "./harness.mjs";
import { enter, fields, post, switchOutside, takeCash, until, untilStage } from "./people.mjs";

const world = useWorld();

const CHALLENGED = "4000 0000 0000 3220";

/** A case that waits for its money, by somebody of their own for each walk. */
async function owing(visitor) {
  await enter(world, visitor, "salma");
  const address = await submit(visitor, EXTRACT);
  await visitor.page.click("#pay");
  return { address, bill: visitor.page.url() };
}

/** Goes from the bill to the bank's challenge; gives the attempt's address. */
async function toChallenge(visitor, { wrong = false } = {}) {
  const { page } = visitor;
  let attempt;
  page.on("request", (request) => (attempt = /.*\/payments\/attempts\/[^/?]+/.exec(request.url())?.[0] ?? attempt));
  await page.click("#pay-by-card");
  await page.waitForURL(/\/demo\/bank\/pay\//);
  assert.ok(plain(await page.textContent("#bank")).includes(shekels(visitor.language, "5.00")));
  if (wrong) {
    await page.fill("#card", "4111 1111 1111 1112");
    await page.click("#pay");
    await page.waitForSelector("#card-error");
    await inspect(visitor);
  }
  await page.fill("#card", CHALLENGED);
  await page.click("#pay");
  await page.waitForSelector("#pass");
  return attempt;
}

const billStage = async ({ page }, bill) => {
  await page.goto(bill);
  return (await page.locator("#bill-code").count()) === 1 ? "open" : "settled";
};

journey(world, "a challenge that is abandoned is said to be verified, and ends by itself; the bill is paid in cash", async (visitor) => {
  const { page, at } = visitor;
  const { address, bill } = await owing(visitor);
  const attempt = await toChallenge(visitor, { wrong: true });
  const challenge = page.url();
  await inspect(visitor);
  await page.click("#abandon");
  await page.waitForURL(/\/demo$/);

  // The bill says what is under way, and leads there; the same page of the bank goes on.
  await page.goto(bill);
  // Since when, and by when its outcome is known.
  assert.match(plain(await page.textContent("#under-way")), /\d{4}-\d{2}-\d{2} \d{2}:\d{2}.*\d{4}-\d{2}-\d{2} \d{2}:\d{2}/);
  await inspect(visitor);
  await page.click("#where-it-stands");
  assert.equal(await page.getAttribute("#attempt", "data-stage"), "redirected");
  await page.goto(bill);
  await page.click("#pay-by-card");
  await page.waitForURL(challenge);
  assert.equal(await page.locator("#pass").count(), 1);

  // The way back from the bank may say what it likes.
  for (const lie of ["?status=paid", "?status=authorised&amount_minor=500&reference=1", "?result=settled#paid"]) {
    await page.goto(`${attempt}/return${lie}`);
    assert.equal(await page.getAttribute("#attempt", "data-stage"), "redirected");
    assert.equal(await billStage(visitor, bill), "open");
  }
  await page.goto(address);
  assert.equal(await page.getAttribute("#case", "data-stage"), "paying");

  // The bank lets the time of its page pass: the try ends by itself, no money was taken.
  await page.goto(at("/demo"));
  await page.click("#expire");
  await until("the end of the try", async () => {
    await page.goto(bill);
    return (await page.locator("#under-way").count()) === 0;
  });
  await page.goto(attempt);
  assert.equal(await page.getAttribute("#attempt", "data-stage"), "failed");
  await inspect(visitor);
  await takeCash(visitor, bill);
  await untilStage(visitor, address, "closed");
  await page.goto(bill);
  assert.equal(await page.locator("#held").count(), 0);
});

journey(world, "a challenge that is answered twice is paid once", async (visitor) => {
  const { page } = visitor;
  const { address, bill } = await owing(visitor);
  await toChallenge(visitor);
  const challenge = page.url();
  const action = new URL(await page.getAttribute("form[action$='/challenge']", "action"), challenge).href;
  const form = await fields(page, "form[action$='/challenge']", { answer: "pass" });
  const pressed = await Promise.all([post(world, visitor, action, form), post(world, visitor, action, form)]);
  assert.deepEqual(pressed.map((answer) => answer.status()), [303, 303]);
  // The page is still there, as it is after the way back; a refusal now comes too late.
  await page.click("#fail");
  await untilStage(visitor, address, "closed");
  await page.goto(challenge);
  await page.waitForURL(/\/cases\//);
  await page.goto(bill);
  assert.equal(await page.locator("#held").count(), 0);
  await page.goto(`${bill}/receipt`);
  assert.match(plain(await page.textContent("main")), /5\.00/);
});

journey(world, "money that comes twice is kept, and its payer is told", async (visitor) => {
  const { page, at, language } = visitor;
  const { address, bill } = await owing(visitor);
  await toChallenge(visitor);
  const challenge = page.url();
  await takeCash(visitor, bill);
  await untilStage(visitor, address, "closed");

  // The bank's page was still open in another window.
  await page.goto(challenge);
  await page.click("#pass");
  await until("the second payment", async () => {
    await page.goto(bill);
    return page.locator("#held").count();
  });
  const held = plain(await page.textContent("#held"));
  assert.ok(held.includes("5.00") && /R-[0-9A-Z]{4}-/.test(held), held);
  await inspect(visitor);
  await page.goto(address);
  const said = await until("the line on the timeline", async () => {
    await page.goto(address);
    const lines = plain(await page.textContent(".line"));
    return /R-[0-9A-Z]{4}-/.test(lines) && lines;
  });
  assert.match(said, language.tag === "ar" ? /وصول مبلغ زائد/ : /further payment/);
  await page.goto(at("/inbox"));
  assert.match(plain(await page.textContent("main")), language.tag === "ar" ? /وصول مبلغ زائد/ : /further payment/);
});

journey(world, "a bank that is out loses nothing", async (visitor) => {
  const { page, at } = visitor;
  const { address, bill } = await owing(visitor);
  await switchOutside(visitor, "bank");
  try {
    await page.goto(bill);
    await page.click("#pay-by-card");
    await page.waitForSelector("#attempt");
    assert.equal(await page.getAttribute("#attempt", "data-stage"), "created");
    await inspect(visitor);
    await page.goto(bill);
    // Since when, and by when its outcome is known.
  assert.match(plain(await page.textContent("#under-way")), /\d{4}-\d{2}-\d{2} \d{2}:\d{2}.*\d{4}-\d{2}-\d{2} \d{2}:\d{2}/);
    await page.goto(address);
    assert.equal(await page.getAttribute("#case", "data-stage"), "paying");
  } finally {
    await switchOutside(visitor, "bank");
  }
  // It leads on by itself as soon as the bank answers.
  await page.goto(bill);
  await page.click("#pay-by-card");
  await page.waitForURL(/\/demo\/bank\/pay\//, { timeout: 30_000 });
  await page.fill("#card", CHALLENGED);
  await page.click("#pay");
  const challenge = page.url();

  // It is out again while the money is on its way: unknown, then settled by itself.
  await page.waitForSelector("#pass");
  await switchOutside(visitor, "bank");
  const attempt = await (async () => {
    try {
      await page.goto(bill);
      await page.click("#where-it-stands");
      await until("the unknown outcome", async () => {
        await page.reload();
        return (await page.getAttribute("#attempt", "data-stage")) === "unknown";
      });
      await inspect(visitor);
      await page.goto(challenge);
      await page.waitForSelector("h1");
      assert.equal(await page.locator("#pass").count(), 0);
      return page.url();
    } finally {
      await switchOutside(visitor, "bank");
    }
  })();
  assert.ok(attempt);
  await page.goto(challenge);
  await page.click("#pass");
  await untilStage(visitor, address, "closed", 30_000);
  await page.goto(at("/inbox"));
  assert.equal(await page.locator("#no-messages").count(), 0);
});
