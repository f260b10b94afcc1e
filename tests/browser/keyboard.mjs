// Walking by keyboard alone: no click, no pointer. Whatever has the focus can be seen.

import assert from "node:assert/strict";

import { WIDTHS, plain, screenshot, visit } from "./harness.mjs";
import { PEOPLE, codeFor, officerNow, person, sentTo } from "./people.mjs";

/** Presses of the tab key that any page may take. */
const STOPS = 60;

/** Goes to what matches, as a person does: forward, stop by stop, seeing each. */
export async function reach({ page }, selector) {
  for (let stop = 0; stop < STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    const focus = page.locator(":focus");
    if ((await focus.count()) === 0) continue;
    const box = await focus.boundingBox();
    const seen = await focus.evaluate((element) => {
      const { backgroundColor, boxShadow, outlineStyle } = getComputedStyle(element);
      return { marked: boxShadow !== "none" || outlineStyle === "auto" || backgroundColor === "rgb(255, 210, 63)", text: element.outerHTML.slice(0, 80) };
    });
    assert.ok(box && box.width > 0 && box.height > 0, `the focus is on something unseen: ${seen.text}`);
    assert.ok(seen.marked, `the focus cannot be seen on ${seen.text}`);
    if (await focus.evaluate((element, selector) => element.matches(selector), selector)) return;
  }
  assert.fail(`${selector} cannot be reached on ${page.url()}`);
}

export async function press(visitor, selector, key = "Enter") {
  const { page } = visitor;
  await reach(visitor, selector);
  // Enter leads to another page, and there is nothing to reach before it is there.
  const arrived = key === "Enter" ? page.waitForEvent("framenavigated") : undefined;
  await page.keyboard.press(key);
  await arrived;
  await page.waitForLoadState();
}

export async function type(visitor, selector, text) {
  await reach(visitor, selector);
  await visitor.page.keyboard.type(text);
}

/** Each page begins with the link that skips its head. */
export async function skips({ page }) {
  await page.keyboard.press("Tab");
  assert.equal(await page.locator("a.skip:focus").count(), 1, `the first stop of ${page.url()} is no skip link`);
  await page.keyboard.press("Enter");
  assert.ok(await page.evaluate(() => location.hash === "#main"));
}

export async function enter(world, visitor, name) {
  const { page, at } = visitor;
  const who = await person(world, PEOPLE[name].password);
  const before = (await sentTo(world, who.phone)).length;
  await page.goto(at("/sign-in?level=substantial"));
  await type(visitor, "#id-number", who.idNumber);
  await type(visitor, "#password", who.password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#code");
  await type(visitor, "#code", await codeFor(world, who.phone, before));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#leave");
}

export async function enterDesk(world, visitor, username, path) {
  const { page, at } = visitor;
  const [, password, code] = await officerNow(world, username);
  await page.goto(at(`/desk/sign-in?return=${encodeURIComponent(at(path))}`));
  await type(visitor, "#username", username);
  await type(visitor, "#password", password);
  await type(visitor, "#code", code);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#leave");
}

/** Takes the first choice of a question. */
export async function choose(visitor) {
  await press(visitor, "input[type=radio]", "Space");
  await press(visitor, "#continue");
}

export async function payAtTill(visitor, address) {
  const { page, at } = visitor;
  await page.goto(address);
  await press(visitor, "#pay");
  const code = plain(await page.textContent("#bill-code bdi")).replace(/\D/g, "");
  await page.goto(at("/demo/pos"));
  await type(visitor, "#code", code);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#take");
  await press(visitor, "#take");
  await page.waitForSelector("#till-receipt");
}

/** Walks with a visitor of its own, who may meet no problem. */
export async function walkWith(world, { language, scripts }, name, act, width = WIDTHS.phone) {
  const visitor = await visit(world, { language, scripts, width });
  try {
    await act(visitor);
    assert.deepEqual(visitor.problems, []);
  } catch (error) {
    await screenshot(visitor.page, `failed-keyboard-${name}-${language.tag}`).catch(() => {});
    throw error;
  } finally {
    await visitor.close();
  }
}
