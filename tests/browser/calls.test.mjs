// A code by a call: for who cannot read messages, or has a fixed line alone. In
// both languages, scripts on and off; and the network beside each session.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, checkOnBoth, plain, useWorld, visit } from "./harness.mjs";
import { PEOPLE, person, sentTo, switchOutside, until } from "./people.mjs";

const world = useWorld();
/** One person for each run: a name may sign in five times a minute. */
const OF = { "ar on": "salma", "en on": "amal", "ar off": "salma", "en off": "amal" };

/** Types number and password; ends before the code. */
async function atCode({ page, at }, who) {
  await page.goto(at(`/sign-in?level=substantial&return=${encodeURIComponent(at("/account"))}`));
  await page.fill("#id-number", who.idNumber);
  await page.fill("#password", who.password);
  await page.click("#continue");
  await page.waitForSelector("#by-call");
}

/** The last call to a number after so many messages. */
const callTo = (phone, before) => until("the call", async () => {
  const messages = await sentTo(world, phone);
  return messages.length > before && messages[0].kind === "call" && messages[0];
});

for (const language of LANGUAGES) {
  for (const scripts of [true, false]) {
    const run = `${language.tag} ${scripts ? "on" : "off"}`;
    test(`a call says the code digit by digit, twice (${run})`, async () => {
      const visitor = await visit(world, { language, scripts });
      const { page, at } = visitor;
      try {
        const who = await person(world, PEOPLE[OF[run]].password);
        await atCode(visitor, who);
        if (scripts) {
          await checkOnBoth(page, `code-${language.tag}`);
        }
        const before = (await sentTo(world, who.phone)).length;
        await page.click("#by-call");
        await page.waitForSelector("#called");
        if (scripts) {
          await checkOnBoth(page, `code-called-${language.tag}`);
        }
        const call = await callTo(who.phone, before);
        assert.equal(call.lang, language.tag);
        const digits = plain(call.text).replace(/\D/g, "");
        assert.match(digits, /^(\d{6})\1$/, call.text);
        const spoken = [...digits.slice(0, 6)].join(language.tag === "en" ? ", " : "، ");
        assert.ok(plain(call.text).includes(spoken), call.text);
        await page.fill("#code", digits.slice(0, 6));
        await page.click("#continue");
        await page.waitForSelector("#sessions .network");
        assert.equal(plain(await page.textContent("#sessions .network")), language.tag === "en" ? "Local network" : "شبكة محلية");
        if (scripts) {
          await checkOnBoth(page, `account-networks-${language.tag}`);
        }
        await page.click("#to-device");
        await page.waitForSelector("#user-code");
        // The demo shows it as what it is.
        await page.goto(at("/demo"));
        const shown = page.locator('#messages ~ ul li[data-kind="call"]').first();
        assert.equal(plain(await shown.locator("small").textContent()), language.tag === "en" ? "call" : "اتصال صوتي");
      } finally {
        await visitor.close();
      }
    });
  }
}

test("while nobody can call, the page says so and a message still comes", async () => {
  const visitor = await visit(world, { language: LANGUAGES[1], scripts: false });
  const { page } = visitor;
  try {
    const who = await person(world, PEOPLE.amal.password);
    await switchOutside(visitor, "voice");
    await atCode(visitor, who);
    const address = page.url();
    await page.click("#by-call");
    await until("the page to say that calls are late", async () => {
      await page.goto(address);
      return page.locator("#late").isVisible();
    });
    const before = (await sentTo(world, who.phone)).length;
    await page.click("#resend");
    await until("the message", async () => (await sentTo(world, who.phone)).length > before);
    assert.equal(await page.locator("#late").count(), 0);
  } finally {
    await switchOutside(visitor, "voice");
    await visitor.close();
  }
});
