// Ways to sign in beside password and SMS: a passkey of a (virtual) device, an
// authenticator app, the printed sheet, and the way back when the password is
// forgotten. Each page in both languages, on a phone and a desktop, with axe.
// The same ways without any script are walked in crates/identity/tests/router/factors.rs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, checkOnBoth, plain, useWorld, visit } from "./harness.mjs";
import { PEOPLE, appCode, codeFor, person, sentTo, signIn, withDevice } from "./people.mjs";

const world = useWorld();
const [, ENGLISH] = LANGUAGES;
/** One person for each language, so that nobody signs in more often than a person may. */
const OF = { ar: "salma", en: "amal" };

/** Types number and password at the sign-in. */
async function withPassword({ page, at }, who, password = who.password) {
  await page.goto(at(`/sign-in?level=substantial&return=${encodeURIComponent(at("/cases"))}`));
  await page.fill("#id-number", who.idNumber);
  await page.fill("#password", password);
  await page.click("#continue");
}

for (const language of LANGUAGES) {
  test(`a passkey is made and signs in alone (${language.tag})`, async () => {
    const visitor = await visit(world, { language, scripts: true });
    const { page, context, at } = visitor;
    try {
      await signIn(world, visitor, OF[language.tag], "/account/factors");
      await withDevice(visitor);
      await page.waitForSelector("#add-passkey");
      await checkOnBoth(page, `factors-fresh-${language.tag}`);
      await page.click("#add-passkey");
      await page.waitForSelector("#passkeys .card");
      await context.clearCookies();
      await page.goto(at(`/sign-in?level=substantial&return=${encodeURIComponent(at("/cases"))}`));
      await page.waitForSelector("#use-passkey");
      await checkOnBoth(page, `factors-sign-in-${language.tag}`);
      await page.click("#use-passkey");
      await page.waitForSelector("#leave");
      assert.ok(new URL(page.url()).pathname.endsWith("/cases"));
      // What is taken away signs nobody in.
      await page.goto(at("/account/factors"));
      await page.click("#passkeys form button");
      await page.waitForSelector("#no-passkeys");
      await context.clearCookies();
      await page.goto(at("/sign-in"));
      await page.click("#use-passkey");
      await page.waitForSelector("#sign-in-error");
    } finally {
      await visitor.close();
    }
  });
}

test("a device that refuses leaves one where one was, with what to do", async () => {
  const visitor = await visit(world, { language: ENGLISH, scripts: true });
  const { page, at } = visitor;
  try {
    const { line, authenticatorId } = await withDevice(visitor);
    await line.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await page.goto(at("/sign-in"));
    await page.click("#use-passkey");
    await page.waitForSelector("#passkey-failed:not([hidden])");
    assert.ok(await page.isVisible("#id-number"));
  } finally {
    await visitor.close();
  }
});

test("without scripts no button promises what cannot be", async () => {
  const visitor = await visit(world, { language: ENGLISH, scripts: false });
  try {
    await visitor.page.goto(visitor.at("/sign-in"));
    assert.equal(await visitor.page.isVisible("#use-passkey"), false);
    assert.ok(await visitor.page.isVisible("#recover"));
  } finally {
    await visitor.close();
  }
});

for (const [index, language] of LANGUAGES.entries()) {
  test(`an app takes the place of the message (${language.tag})`, async () => {
    const visitor = await visit(world, { language, scripts: true });
    const { page, context, at } = visitor;
    try {
      const who = await person(world, PEOPLE.samir.password);
      if (index === 0) {
        await signIn(world, visitor, "samir", "/account/factors");
        await page.waitForSelector("#set-up-app");
        await page.click("#set-up-app");
        await page.waitForSelector("#secret");
        world.secret = plain(await page.textContent("#secret"));
        await page.fill("#code", appCode(world.secret));
        await page.click("#continue");
        await page.waitForSelector("#app-there");
      }
      await context.clearCookies();
      const sent = (await sentTo(world, who.phone)).length;
      await withPassword(visitor, who);
      await page.waitForSelector("#by-sms");
      await checkOnBoth(page, `factors-code-app-${language.tag}`);
      // With the password alone one sees, and cannot change.
      await page.click("#skip");
      await page.goto(at("/account/factors"));
      await page.waitForSelector("#again");
      assert.equal(await page.locator("#set-up-app").count(), 0);
      await checkOnBoth(page, `factors-ok-${language.tag}`);
      assert.equal((await sentTo(world, who.phone)).length, sent, "nothing was sent");
      if (index === 0) {
        await page.click("#sign-in-again");
        await page.fill("#id-number", who.idNumber);
        await page.fill("#password", who.password);
        await page.click("#continue");
        // The code that confirmed the app is used up; the next one is good already.
        await page.fill("#code", appCode(world.secret, 1));
        await page.click("#continue");
        await page.waitForSelector("#set-up-app");
        await page.click("#set-up-app");
        await page.waitForSelector("#secret");
        for (const tongue of LANGUAGES) {
          await page.goto(`${tongue.prefix}/account/factors/app`);
          await checkOnBoth(page, `factors-app-ok-${tongue.tag}`);
        }
      }
    } finally {
      await visitor.close();
    }
  });
}

test("a sheet is printed, and brings back a forgotten password", async () => {
  const visitor = await visit(world, { language: ENGLISH, scripts: true });
  const { page, context } = visitor;
  try {
    const who = await person(world, PEOPLE.tareq.password);
    await signIn(world, visitor, "tareq", "/account/factors");
    await page.waitForSelector("#make-sheet");
    await page.click("#make-sheet");
    await page.waitForSelector("#codes");
    await checkOnBoth(page, "factors-sheet");
    const codes = (await page.locator("#codes bdi").allTextContents()).map(plain);
    assert.equal(codes.length, 10);
    await context.clearCookies();

    for (const [index, language] of LANGUAGES.entries()) {
      await page.goto(`${language.prefix}/account/recover`);
      await page.fill("#id-number", who.idNumber);
      await page.fill("#code", codes[index]);
      const before = (await sentTo(world, who.phone)).length;
      await page.click("#continue");
      await page.waitForSelector("#resend");
      await checkOnBoth(page, `factors-recover-code-${language.tag}`);
      await page.fill("#code", await codeFor(world, who.phone, before));
      await page.click("#continue");
      await page.waitForSelector("#new-password");
      await checkOnBoth(page, `factors-recover-password-${language.tag}`);
    }
    const next = "a lighthouse where there was none";
    await page.fill("#new-password", next);
    await page.fill("#again-password", next);
    await page.click("#continue");
    await page.waitForSelector("#id-number");
    await withPassword(visitor, who, next);
    await page.click("#by-sheet");
    await page.fill("#code", codes[2].toLowerCase());
    await page.click("#continue");
    await page.waitForSelector("#leave");
    await page.goto("/en/account/factors");
    await page.waitForSelector("#waits");
    await checkOnBoth(page, "factors-waits");
  } finally {
    await visitor.close();
  }
});
