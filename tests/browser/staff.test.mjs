// How officers sign in: a passkey at their own page, and a desk that locks itself
// and opens with one touch, with what was typed in its place; but not for somebody
// else at the same machine. Each page in both languages, on a phone and a desktop,
// with axe. The same without any script is in crates/identity/tests/router/staff.rs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, checkOnBoth, screenshot, useWorld, visit } from "./harness.mjs";
import { growOld, officerNow, sentTo, signInOfficer, until, withDevice } from "./people.mjs";

const world = useWorld();
const FORM = "/desk/identity/clients/new";
/** Whose desk it is, and who comes after them. */
const OFFICERS = { ar: ["authentication", "authentication2"], en: ["authentication2", "authentication"] };

/** What somebody is typing when they are called away. */
const TYPED = { "#client_id": "one-touch", "#client_name": "نظام قيد الكتابة", "#client_name-en": "Half a system", "#redirect_uris": "https://half.example/callback\nhttps://half.example/second" };

async function type({ page }) {
  for (const [field, text] of Object.entries(TYPED)) await page.fill(field, text);
  await page.selectOption("#preset", "standard");
}

/** Nobody touches the page for ten minutes; ends on what an officer meets then. */
async function lock({ page, at }) {
  await growOld(world);
  const over = async () => (await page.request.get(at("/desk"), { maxRedirects: 0 })).status() === 303;
  // The server remembers a session for a second; asking is no use of one that is over.
  await until("the end of the session", over);
  await page.clock.fastForward("10:01");
  await page.waitForSelector("#username");
}

for (const language of LANGUAGES) {
  test(`an officer has a passkey, and a locked desk opens with one touch (${language.tag})`, async () => {
    const visitor = await visit(world, { language, scripts: true });
    const { page, context, at, go, problems } = visitor;
    const [own, other] = OFFICERS[language.tag];
    try {
      const mails = (await sentTo(world, `${own}@example.com`)).length;
      await signInOfficer(world, visitor, own, "/desk/account");
      await page.waitForSelector("#add-passkey");
      await checkOnBoth(page, `staff-before-${language.tag}`);
      await withDevice(visitor);
      await page.click("#add-passkey");
      await page.waitForSelector("#passkeys .card");
      await checkOnBoth(page, `staff-fresh-${language.tag}`);
      const told = await until("the message", async () => (await sentTo(world, `${own}@example.com`)).length > mails);
      assert.ok(told);
      await page.click("#set-up-app");
      await page.waitForSelector("#secret");
      await checkOnBoth(page, `staff-app-${language.tag}`);
      await growOld(world, { proven: true });
      await go("/desk/account");
      await page.waitForSelector("#again");
      await checkOnBoth(page, `staff-ok-${language.tag}`);

      // Nothing but the passkey.
      await context.clearCookies();
      await page.goto(at("/desk/sign-in"));
      await page.waitForSelector("#use-passkey");
      await checkOnBoth(page, `staff-sign-in-${language.tag}`);
      await page.click("#use-passkey");
      await page.waitForSelector("#leave");
      assert.match(new URL(page.url()).pathname, /\/desk$/);

      await page.clock.install();
      await go(FORM);
      await type(visitor);
      await lock(visitor);
      assert.equal(await page.locator("#locked").count(), 1);
      assert.ok(!(await page.content()).includes("half.example"));
      await checkOnBoth(page, `staff-locked-${language.tag}`);
      assert.equal(await page.evaluate(() => document.activeElement.id), "use-passkey");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#kept-back:not([hidden])");
      assert.ok(new URL(page.url()).pathname.endsWith(FORM), page.url());
      for (const [field, text] of Object.entries(TYPED)) assert.equal(await page.inputValue(field), text);
      assert.equal(await page.inputValue("#preset"), "standard");
      assert.equal(await page.inputValue("#sector"), "");
      await checkOnBoth(page, `staff-back-${language.tag}`);
      const form = new URL(page.url()).hash.replace("#kept=", "/kept?form=");
      await go(form);
      await checkOnBoth(page, `staff-kept-${language.tag}`);
      await page.click("#kept-page a");
      await page.waitForSelector("#kept-back:not([hidden])");

      // What was put back is sent like anything else; the page that says what is wrong holds it too.
      await page.fill("#sector", "samples");
      await page.fill("#jwks", "{");
      await page.click("#propose");
      await page.waitForSelector("#summary");
      assert.equal(await page.inputValue("#redirect_uris"), TYPED["#redirect_uris"]);

      // Somebody else at the same machine.
      await lock(visitor);
      const [, password, code] = await officerNow(world, other);
      await page.click("#other");
      await page.waitForSelector("#locked", { state: "detached" });
      await page.fill("#username", other);
      await page.fill("#password", password);
      await page.fill("#code", code);
      const asked = page.waitForResponse((answer) => answer.url().includes("/kept?form="));
      await page.click("#continue");
      assert.equal((await asked).status(), 404);
      await page.waitForSelector("#leave");
      assert.ok(new URL(page.url()).pathname.endsWith(FORM), page.url());
      const hash = new URL(page.url()).hash;
      assert.match(hash, /^#kept=/);
      assert.equal(await page.isVisible("#kept-back"), false);
      for (const field of Object.keys(TYPED)) assert.equal(await page.inputValue(field), "");
      await go(hash.replace("#kept=", "/kept?form="), 404);
      for (let back = 0; back < 4; back += 1) {
        await page.goBack();
        assert.ok(!(await page.content()).includes("half.example"), page.url());
        if (await page.locator("#redirect_uris").count()) assert.equal(await page.inputValue("#redirect_uris"), "");
      }
      assert.deepEqual(problems, []);
    } catch (error) {
      await screenshot(page, `failed-staff-${language.tag}`).catch(() => {});
      throw error;
    } finally {
      await visitor.close();
    }
  });
}

test("a desk without a network is covered, and locks when it is back", async () => {
  const [language] = LANGUAGES;
  const visitor = await visit(world, { language, scripts: true });
  const { page, context, go } = visitor;
  try {
    await signInOfficer(world, visitor, "supervisor.ramallah", "/desk/papers");
    await page.waitForSelector("#leave");
    await page.clock.install();
    await go("/desk/papers");
    await growOld(world);
    await context.setOffline(true);
    await page.clock.fastForward("10:01");
    await page.waitForSelector("#main", { state: "hidden" });
    assert.ok(await page.isVisible("#idle"));
    await context.setOffline(false);
    await page.clock.fastForward("00:16");
    await page.waitForSelector("#locked");
  } finally {
    await visitor.close();
  }
});

test("a desk that is used in another window stays open", async () => {
  const [language] = LANGUAGES;
  const visitor = await visit(world, { language, scripts: true });
  const { page, go } = visitor;
  try {
    await signInOfficer(world, visitor, "clerk.ramallah", "/desk/account");
    await page.waitForSelector("#leave");
    await page.clock.install();
    await go("/desk/account");
    // The server has seen somebody a moment ago.
    const asked = page.waitForResponse((answer) => new URL(answer.url()).pathname === "/kept");
    await page.clock.fastForward("10:01");
    assert.equal((await asked).status(), 200);
    await page.waitForSelector("#main", { state: "visible" });
    await page.waitForSelector("#idle", { state: "hidden" });
  } finally {
    await visitor.close();
  }
});
