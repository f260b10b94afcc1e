// The longer walk: a licence renewed, paid by card with a 3-D Secure challenge,
// decided by a clerk who asks one thing first, sent by manifest, and handed over
// at a post office against card and code.

import assert from "node:assert/strict";

import { LICENCE, submit } from "./forms.mjs";
import { WIDTHS, inspect, journey, plain, show, useWorld } from "./harness.mjs";
import { atDesk, signIn, untilStage } from "./people.mjs";

const world = useWorld();

/** Pays by card; `answer` is the button of the challenge. */
async function payByCard(visitor, address, answer) {
  const { page } = visitor;
  await page.goto(address);
  await page.click("#pay");
  await page.click("#pay-by-card");
  // The wait for the bank leads on by itself.
  await page.waitForURL(/\/demo\/bank\/pay\//);
  await inspect(visitor);
  await page.fill("#card", "4000 0000 0000 3220");
  await page.click("#pay");
  await page.click(`#${answer}`);
}

/** What is decided with is in reach wherever the page stands, on the narrowest phone too, and hides nothing that has the focus. */
async function decisionInReach({ page }) {
  const size = page.viewportSize();
  await page.setViewportSize(WIDTHS.phone);
  for (const place of ["h1", "ol.line li:last-child"]) {
    await page.locator(place).scrollIntoViewIfNeeded();
    for (const button of ["#approve", "#reject", "#ask"]) {
      const { y, height } = await page.locator(button).boundingBox();
      assert.ok(y >= 0 && y + height <= WIDTHS.phone.height, `${button} is at ${y}`);
    }
  }
  await page.locator("h1").scrollIntoViewIfNeeded();
  await page.focus("#main");
  while ((await page.locator("#text:focus").count()) === 0) await page.keyboard.press("Tab");
  const [text, bar] = [await page.locator("#text").boundingBox(), await page.locator(".bar").boundingBox()];
  assert.ok(text.y >= 0 && text.y + text.height <= bar.y, `the words are at ${text.y}, the bar at ${bar.y}`);
  await page.setViewportSize(size);
}

journey(world, "the licence, from card to collection", async (visitor) => {
  const { page, language, scripts } = visitor;
  await signIn(world, visitor, "samir", "/cases");
  await page.waitForURL(/\/cases$/);
  const address = await submit(visitor, LICENCE);
  assert.equal(await page.getAttribute("#case", "data-stage"), "paying");

  // A failed challenge takes no money; the same bill is paid at the second try.
  await payByCard(visitor, address, "fail");
  // While it waits for the bank's word the page loads itself again and again.
  await page.waitForSelector('#attempt[data-stage="failed"]');
  await inspect(visitor);
  await untilStage(visitor, address, "paying");
  await payByCard(visitor, address, "pass");
  await untilStage(visitor, address, "deciding");

  const id = address.split("/").pop();
  await atDesk(world, visitor, "clerk.ramallah", "/desk/queue", async (desk) => {
    await desk.page.waitForSelector(`form[action$='/desk/cases/${id}/take'] button`);
    await inspect(desk);
    if (scripts) await show(desk.page, `walk-queue-${language.tag}`);
    await desk.page.click(`form[action$='/desk/cases/${id}/take'] button`);
    await desk.page.waitForSelector("#facts");
    await inspect(desk);
    await decisionInReach(desk);
    if (scripts) await show(desk.page, `walk-desk-${language.tag}`);
    await desk.page.fill("#text", "هل الصورة حديثة؟");
    await desk.page.click("#ask");
    await untilStage(visitor, address, "asked");
    await inspect(visitor);
    await page.fill("#text", "نعم، من هذا الشهر.");
    await page.click("#reply");
    await untilStage(visitor, address, "deciding");
    await desk.go(`/desk/cases/${id}`);
    assert.ok(plain(await desk.page.textContent("main")).includes("نعم، من هذا الشهر."));
    await desk.page.click("#approve");
    await untilStage(visitor, address, "delivering");
    await desk.go("/desk");
    await inspect(desk);
    const waits = language.tag === "ar" ? "وثيقة واحدة تنتظر الإرسال" : "One paper waits to be sent";
    assert.ok(plain(await desk.page.locator(".card", { has: desk.page.locator("#to-parcels") }).textContent()).includes(waits));
    await desk.go("/desk/parcels");
    await inspect(desk);
    await desk.page.click(".send");
    await desk.page.waitForSelector("#no-parcels");
  });

  await atDesk(world, visitor, "post.ramallah", "/desk/collection", async (desk) => {
    await inspect(desk);
    await desk.page.click(".received");
    await page.goto(address);
    await inspect(visitor);
    const code = plain(await page.textContent("#pick-up-code"));
    assert.match(code, /^\d{6}$/);
    const wrong = code === "000000" ? "000001" : "000000";
    for (const [typed, done] of [[wrong, false], [code, true]]) {
      await desk.page.fill("#case", id);
      await desk.page.fill("#pick_up", typed);
      await desk.page.check("#compared");
      await desk.page.click("#hand-over");
      assert.equal(await desk.page.locator("#handed").count(), done ? 1 : 0);
      assert.equal(await desk.page.locator("#hand-over-error").count(), done ? 0 : 1);
    }
  });
  await untilStage(visitor, address, "closed");
  await page.check("#f5");
  await page.click("#say");
  assert.equal(await page.locator("#say").count(), 0);
  await page.goto(visitor.at("/looks"));
  assert.ok((await page.locator("#looks > li").count()) >= 5);
});
