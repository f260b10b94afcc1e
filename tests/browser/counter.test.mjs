// In person at a counter: a woman without a SIM is compared with the registry's
// photo, takes a print home, sets a password there and signs in. Who does not
// fit goes to the authentication officers. And trusted contacts, who bring
// somebody back. Each page in both languages, on a phone and a desktop, with axe.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, checkOnBoth, inspect, journey, plain, screenshot, useWorld, visit } from "./harness.mjs";
import { PEOPLE, atDesk, enter, person, sentTo, until } from "./people.mjs";

const world = useWorld();
const AGENT = "post.nablus";
const OFFICER = "authentication";

/** An ID number with its check digit (`crates/base`), from the head that `crates/sandbox/demo.toml` lists. */
function numberOf(head) {
  const digits = [...String(head)].map(Number);
  const sum = digits.reduce((sum, digit, place) => sum + [...String(digit * (1 + (place % 2)))].reduce((all, one) => all + Number(one), 0), 0);
  return `${head}${(10 - (sum % 10)) % 10}`;
}

/** Two women without an account, one for each language: a name may try five times a minute. */
const WITHOUT_SIM = { ar: 90000019, en: 90000017 };
/** Two others, who have a number to bind. */
const WITH_PHONE = { ar: 90000022, en: 90000023 };
/** The registry has no photo of who lives abroad. */
const ABROAD = numberOf(90000008);
const PASSWORD = "خبز الطابون في الصباح الباكر";

/** The officer types the number of a card. */
async function ask({ page, at }, idNumber) {
  await page.goto(at("/desk/counter"));
  await page.fill("#id-number", idNumber);
  await page.click("#ask");
}

/** Compares, and prints both; gives the codes, which only the paper has. */
async function print({ page, language }) {
  await page.check("#opening");
  await page.check("#sheet");
  await page.click("#print");
  await page.waitForSelector("#to-print");
  assert.equal(await page.isVisible("#opening-code"), false, "the screen has no code");
  assert.equal(await page.isVisible("#codes"), false);
  await page.emulateMedia({ media: "print" });
  assert.ok(await page.isVisible("#opening-code"));
  assert.equal(await page.isVisible("#to-print"), false);
  await screenshot(page, `counter-paper-${language.tag}`);
  const opening = plain(await page.textContent("#opening-code"));
  const sheet = (await page.locator("#codes li").allTextContents()).map(plain);
  await page.emulateMedia({ media: null });
  assert.equal(sheet.length, 10);
  return { opening, sheet };
}

journey(world, "a woman without a SIM takes a print home and signs in with it", async (visitor) => {
  const { page, at, go, language } = visitor;
  const idNumber = numberOf(WITHOUT_SIM[language.tag]);
  let codes;
  await atDesk(world, visitor, AGENT, "/desk", async (desk) => {
    await desk.page.click("#to-counter");
    await inspect(desk);
    await ask(desk, idNumber);
    await desk.page.waitForSelector("#photo");
    await inspect(desk);
    if (desk.scripts) assert.equal(await desk.page.evaluate(() => document.querySelector("#photo").naturalWidth), 96);
    await screenshot(desk.page, `counter-person-${language.tag}`);
    // Not before card and face were looked at.
    await desk.page.click("#same");
    await desk.page.waitForSelector("#counter-error");
    await desk.page.check("#compared");
    await desk.page.click("#same");
    await desk.page.waitForSelector("#proven");
    await inspect(desk);
    await screenshot(desk.page, `counter-same-${language.tag}`);
    codes = await print(desk);
    await inspect(desk);
  });

  await go("/account/recover");
  await inspect(visitor);
  await page.fill("#id-number", idNumber);
  await page.fill("#code", codes.opening);
  await page.click("#continue");
  await page.waitForSelector("#new-password");
  await inspect(visitor);
  await page.fill("#new-password", PASSWORD);
  await page.fill("#again-password", PASSWORD);
  await page.click("#continue");
  await page.waitForSelector("#password");
  await page.goto(at(`/sign-in?level=substantial&return=${encodeURIComponent(at("/looks"))}`));
  await page.fill("#id-number", idNumber);
  await page.fill("#password", PASSWORD);
  await page.click("#continue");
  await page.waitForSelector("#code");
  await page.fill("#code", codes.sheet[0]);
  await page.click("#continue");
  await page.waitForSelector("#looks");
  assert.match(plain(await page.textContent("#looks")), /post\.nablus/, "she reads who looked");
  await inspect(visitor);
});

for (const language of LANGUAGES) {
  test(`who does not fit goes to another officer, and hears a next step (${language.tag})`, async () => {
    const visitor = { language, scripts: true };
    const { idNumber } = await person(world, PEOPLE.tareq.password);
    await atDesk(world, visitor, OFFICER, "/desk/identity/proofing", async (desk) => {
      if (language === LANGUAGES[0]) await desk.page.waitForSelector("#no-doubts");
      await checkOnBoth(desk.page, `proofing-empty-${language.tag}`);
    });
    await atDesk(world, visitor, AGENT, "/desk/counter", async (desk) => {
      const { page } = desk;
      await ask(desk, "900000002");
      await page.waitForSelector("#counter-next");
      await checkOnBoth(page, `counter-unknown-${language.tag}`);
      await ask(desk, ABROAD);
      await page.waitForSelector("#no-photo");
      await checkOnBoth(page, `counter-no-photo-${language.tag}`);
      await page.click("#doubt");
      await page.waitForSelector("#waiting[data-cause=no-photo]");
      await ask(desk, idNumber);
      await page.waitForSelector("#photo");
      await checkOnBoth(page, `counter-person-${language.tag}`);
      await page.fill("#reason", "الوجه مختلف");
      await page.click("#doubt");
      await page.waitForSelector("#waiting[data-cause=different]");
      await checkOnBoth(page, `counter-waiting-${language.tag}`);
      // A number, as far as its code.
      await ask(desk, numberOf(WITH_PHONE[language.tag]));
      await page.check("#compared");
      await page.click("#same");
      await page.waitForSelector("#proven");
      await checkOnBoth(page, `counter-same-${language.tag}`);
      await page.fill("#phone", language === LANGUAGES[0] ? "0599 000 901" : "0599 000 902");
      await page.click("#send");
      await page.waitForSelector("#code");
      await checkOnBoth(page, `counter-code-${language.tag}`);
      await page.click("#without-code");
      await page.waitForSelector("#proven");
    });
    await atDesk(world, visitor, OFFICER, "/desk/identity/proofing", async (desk) => {
      const { page } = desk;
      await page.waitForSelector("#waiting");
      await checkOnBoth(page, `proofing-ok-${language.tag}`);
      await page.locator("#waiting a").last().click();
      await page.waitForSelector("#comparison[data-stage=waiting]");
      assert.match(plain(await page.textContent("#facts")), new RegExp(idNumber));
      await checkOnBoth(page, `proofing-doubt-${language.tag}`);
      const address = page.url();
      await page.check("#cleared");
      await page.fill("#decision-reason", "صورة قديمة");
      await page.click("#decide");
      await page.waitForURL(/\/proofing$/);
      await page.goto(address);
      await page.waitForSelector("#comparison[data-stage=cleared]");
      await checkOnBoth(page, `proofing-decided-${language.tag}`);
      await page.goto(desk.at("/desk/identity/figures"));
      await page.waitForSelector("#counters");
      await checkOnBoth(page, `figures-counters-${language.tag}`);
    });
  });
}

const [OWNER, ...FRIENDS] = ["salma", "samir", "amal"];

/** What somebody does who signed in before in this file. */
async function as(name, language, path, act) {
  const visitor = await visit(world, { language, scripts: true });
  try {
    await enter(world, visitor, name, path);
    await act(visitor);
    assert.deepEqual(visitor.problems, []);
  } catch (error) {
    await screenshot(visitor.page, `failed-contacts-${name}-${language.tag}`).catch(() => {});
    throw error;
  } finally {
    await visitor.close();
  }
}

for (const [index, language] of LANGUAGES.entries()) {
  test(`two trusted contacts vouch, and the owner stops it (${language.tag})`, async () => {
    const [owner, ...friends] = await Promise.all([OWNER, ...FRIENDS].map((name) => person(world, PEOPLE[name].password)));
    await as(OWNER, language, "/account/contacts", async ({ page }) => {
      await checkOnBoth(page, `contacts-fresh-${language.tag}`);
      if (index > 0) return;
      for (const { idNumber } of friends) {
        await page.fill("#id-number", idNumber);
        await page.click("#name-contact");
        await page.waitForSelector(`#mine >> text=${idNumber}`);
      }
    });
    for (const name of index === 0 ? FRIENDS : []) {
      await as(name, language, "/account/contacts", async ({ page }) => {
        await page.waitForSelector("#invited");
        await checkOnBoth(page, `contacts-invited-${language.tag}`);
        await page.click(".accept");
        await page.waitForSelector("#trusted");
      });
    }
    const lost = await visit(world, { language, scripts: true });
    try {
      const before = (await sentTo(world, owner.phone)).length;
      await lost.go("/account/recover/contacts");
      await lost.page.fill("#id-number", owner.idNumber);
      await lost.page.click("#continue");
      await lost.page.waitForSelector("#spoken");
      await checkOnBoth(lost.page, `vouching-ok-${language.tag}`);
      const code = plain(await lost.page.textContent("#spoken"));
      const message = await until("the warning", async () => {
        const messages = await sentTo(world, owner.phone);
        return messages.length > before && messages.find(({ text }) => text.includes("/account/recover/cancel/"));
      });
      for (const name of FRIENDS) {
        await as(name, language, "/account/contacts", async ({ page }) => {
          await page.waitForSelector("#asks");
          await checkOnBoth(page, `contacts-asks-${language.tag}`);
          await page.fill("#asks input[name=code]", code);
          await page.click(".vouch");
          await page.waitForSelector("#asks", { state: "detached" });
        });
      }
      await lost.page.reload();
      await lost.page.waitForSelector("#waits");
      await checkOnBoth(lost.page, `vouching-waiting-${language.tag}`);
      if (index === 0) {
        // Signed in, the owner sees it and stops it.
        await as(OWNER, language, "/account/contacts", async ({ page }) => {
          await page.waitForSelector(".into");
          await checkOnBoth(page, `contacts-into-${language.tag}`);
          await page.click(".cancel");
          await page.waitForSelector(".into", { state: "detached" });
        });
      } else {
        // Or whoever reads the message does, on any device.
        const link = /\/account\/recover\/cancel\/[A-Z2-7-]{19}/.exec(plain(message.text))[0];
        const other = await visit(world, { language, scripts: true });
        await other.go(link);
        await checkOnBoth(other.page, `cancel-link-${language.tag}`);
        await other.page.click("#stop");
        await other.page.waitForSelector("#stopped");
        await checkOnBoth(other.page, `cancel-stopped-${language.tag}`);
        await other.close();
      }
      await lost.go(new URL(lost.page.url()).pathname.replace(/^\/en/, ""), 404);
    } finally {
      await lost.close();
    }
  });

  test(`contacts are seen and not changed after a sign-in by password alone (${language.tag})`, async () => {
    const visitor = await visit(world, { language, scripts: true });
    const { page, at } = visitor;
    try {
      const who = await person(world, PEOPLE.tareq.password);
      await page.goto(at(`/sign-in?return=${encodeURIComponent(at("/account/contacts"))}`));
      await page.fill("#id-number", who.idNumber);
      await page.fill("#password", who.password);
      await page.click("#continue");
      await page.waitForSelector("#skip");
      await page.click("#skip");
      await page.waitForSelector("#again");
      assert.equal(await page.locator("#name-contact").count(), 0);
      await checkOnBoth(page, `contacts-ok-${language.tag}`);
    } finally {
      await visitor.close();
    }
  });
}
