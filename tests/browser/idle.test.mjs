// Nobody touches the page for a while: one is told in time, and what was typed
// after the end waits until its person has signed in again.

import assert from "node:assert/strict";

import { EXTRACT, begin } from "./forms.mjs";
import { inspect, journey, plain, show, useWorld } from "./harness.mjs";
import { growOld, showBoth, signIn, until } from "./people.mjs";

const world = useWorld();

journey(world, "a form that comes after the session has ended is sent after signing in again", async (visitor) => {
  const { page, language } = visitor;
  // A name may sign in five times a minute.
  const name = language.tag === "ar" ? "tareq" : "salma";
  await signIn(world, visitor, name);
  await begin(visitor, EXTRACT);
  await page.click("#continue");
  await page.waitForURL(/\/form\/purpose$/);
  await page.check("#purpose-2");
  await growOld(world);
  // The server remembers a session for a second.
  const over = async () => (await page.request.get(visitor.at("/cases"), { maxRedirects: 0 })).status() === 303;
  await until("the end of the session", over);
  await page.click("#continue");
  await page.waitForSelector("#id-number");
  await showBoth(world, page, name);
  await page.waitForSelector("#kept");
  assert.match(new URL(page.url()).pathname, /^(\/en)?\/kept$/);
  await inspect(visitor);
  await page.click("#send");
  await page.waitForSelector("#submit");
  assert.match(plain(await page.textContent("main")), language.tag === "ar" ? /محكمة/ : /court/);
});

journey(world, "one is told before the session ends, and can stay", async (visitor) => {
  const { page, scripts, language, go } = visitor;
  await signIn(world, visitor, "samir");
  await page.waitForURL(/\/cases$/);
  if (!scripts) {
    // Nothing can tell the time without scripts: nothing is said, and no button is there that does nothing.
    await go("/inbox");
    assert.equal(await page.locator("#idle").count(), 1);
    assert.equal(await page.isVisible("#idle"), false);
    assert.equal(await page.isVisible("#stay"), false);
    return;
  }
  await page.clock.install();
  await go("/inbox");
  await page.clock.fastForward("12:29");
  assert.equal(await page.isVisible("#idle"), false);
  await page.clock.fastForward("00:02");
  await page.waitForSelector("#idle", { state: "visible" });
  await show(page, `idle-soon-${language.tag}`);
  await inspect(visitor);
  await page.click("#stay");
  await page.waitForSelector("#idle", { state: "hidden" });
  await page.clock.fastForward("12:31");
  await page.waitForSelector("#stay", { state: "visible" });
  await page.clock.fastForward("02:31");
  await page.waitForSelector("#stay", { state: "hidden" });
  assert.ok(await page.isVisible("#idle"));
  await inspect(visitor);
  await show(page, `idle-over-${language.tag}`);
});
