// The family extract, from sign-in to a paper in hand: a citizen applies, is not
// asked for what the state knows, pays in cash at a till, and holds a sealed paper.

import assert from "node:assert/strict";

import { inspect, plain, show } from "./harness.mjs";
import { signIn, takeCash, untilStage } from "./people.mjs";

/** Fills in the extract's form as far as the check page. */
async function applyForExtract(visitor) {
  const { page, go } = visitor;
  await go("/services/moi.family.extract/start");
  await inspect(visitor);
  await page.click("#start");
  await page.waitForSelector("#known");
  await inspect(visitor);
  const known = plain(await page.textContent("#known"));
  await page.click("#continue");
  // Nothing chosen: the page says what is missing, and loses nothing.
  await page.click("#continue");
  assert.equal(await page.locator("#summary a[href='#purpose-0']").count(), 1);
  await inspect(visitor);
  await page.check("#purpose-1");
  await page.click("#continue");
  await page.waitForSelector("#submit");
  return known;
}

/** The whole walk. */
export async function walkExtract(world, visitor) {
  const { page, language, scripts } = visitor;
  await signIn(world, visitor, "salma", "/cases");
  const known = await applyForExtract(visitor);
  assert.match(known, language.tag === "ar" ? /سلمى عادل خليل عواد/ : /Salma Adel Khalil Awwad/);
  await inspect(visitor);
  if (scripts) await show(page, `walk-check-${language.tag}`);
  await page.click("#submit");
  await page.waitForSelector("#case");
  const address = page.url();
  assert.equal(await page.getAttribute("#case", "data-stage"), "paying");
  await inspect(visitor);

  // Its number stands in the list, and finds it from home.
  const number = address.split("/").pop();
  await visitor.go("/cases");
  assert.ok((await page.locator(".card").first().textContent()).includes(number));
  await visitor.go("/");
  await page.fill("#q", number);
  await page.press("#q", "Enter");
  await page.waitForURL(address);

  // The till takes the 14 digits, and the case goes on by itself.
  await page.click("#pay");
  await inspect(visitor);
  await takeCash(visitor, page.url());
  await untilStage(visitor, address, "closed");
  await inspect(visitor);
  if (scripts) await show(page, `walk-timeline-${language.tag}`);

  // The paper is a PDF.
  const paper = await page.context().request.get(await page.getAttribute("#paper", "href"));
  assert.equal(paper.headers()["content-type"], "application/pdf");
  assert.equal((await paper.body()).subarray(0, 5).toString(), "%PDF-");
  await page.click("#receipt");
  await inspect(visitor);
  // For what, by whom, by which decision, in both languages side by side.
  const receipt = plain(await page.textContent("main"));
  for (const words of ["وزارة الداخلية", "Ministry of Interior", "شهادة بيانات العائلة", "Certificate of family data", "5.00 شيكل", "5.00 shekels", "قرار تجريبي رقم 1/2026", "Sample decision 1/2026"]) {
    assert.ok(receipt.includes(words), `${words}: ${receipt}`);
  }
  for (const path of ["/cases", "/inbox", "/papers", "/looks"]) {
    await visitor.go(path);
    await inspect(visitor);
  }
  assert.ok((await page.locator("#looks > li").count()) >= 2);
}
