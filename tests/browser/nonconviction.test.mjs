// Non-conviction, where the courts' register has something: applied for and paid,
// seen by two officers, who read what its person is never shown, and verified by a
// stranger.

import assert from "node:assert/strict";

import { begin } from "./forms.mjs";
import { inspect, journey, plain, show, useWorld, visit } from "./harness.mjs";
import { atDesk, enter, paperOf, takeCash, untilStage } from "./people.mjs";

const world = useWorld();
const SERVICE = "moj.nonconviction";
/** The case that is pending against the listed person (`crates/sandbox/src/samples/people.rs`). */
const PENDING = "2026/904";

/** What the person chooses, page by page; none where registers tell. */
const ANSWERS = [null, "#purpose-2", "#country-7", "#language-0", "#way-0"];

/** Applies, reading each page; gives the case's address. */
async function apply(visitor) {
  const { page } = visitor;
  await begin(visitor, { service: SERVICE });
  for (const answer of ANSWERS) {
    await page.waitForSelector(answer ?? "#known");
    await inspect(visitor);
    hides(await page.textContent("main"));
    if (answer) await page.check(answer);
    await page.click("#continue");
  }
  await page.waitForSelector("#submit");
  await inspect(visitor);
  hides(await page.textContent("main"));
  await page.click("#submit");
  await page.waitForSelector("#case");
  return page.url();
}

const hides = (text) => assert.ok(!plain(text).includes(PENDING), text);

/** An officer takes the case, reads what the registers hold, and says something. */
const decide = (visitor, username, id, button) =>
  atDesk(world, visitor, username, "/desk/queue", async (desk) => {
    await desk.page.click(`form[action$='/desk/cases/${id}/take'] button`);
    await desk.page.waitForSelector(`#${button}`);
    await inspect(desk);
    const facts = plain(await desk.page.textContent("#facts"));
    assert.ok(facts.includes(PENDING), facts);
    await desk.page.click(`#${button}`);
    await desk.page.waitForURL(/\/desk\/queue$/);
  });

journey(world, "non-conviction with a case pending: two officers, a paper, and a stranger who verifies it", async (visitor) => {
  const { page, language, scripts } = visitor;
  await enter(world, visitor, "nidal");
  // What the two papers are, and which of them this is, stands before the start.
  await visitor.go(`/services/${SERVICE}`);
  await inspect(visitor);
  const told = plain(await page.textContent("main"));
  assert.match(told, language.tag === "ar" ? /غير شهادة حسن السلوك/ : /not the certificate of good conduct/);

  const address = await apply(visitor);
  const id = address.split("/").pop();
  assert.equal(await page.getAttribute("#case", "data-stage"), "paying");
  await page.click("#pay");
  await takeCash(visitor, page.url());
  await untilStage(visitor, address, "deciding");

  await decide(visitor, "record.first", id, "approve");
  await untilStage(visitor, address, "deciding");
  hides(await page.textContent("main"));
  await decide(visitor, "record.second", id, "agree");
  await untilStage(visitor, address, "closed");
  await inspect(visitor);
  hides(await page.textContent("main"));
  if (scripts) await show(page, `nonconviction-closed-${language.tag}`);

  const paper = await paperOf(page);
  assert.match(paper.serial, /^NC/);
  assert.equal(paper.file.subarray(0, 5).toString(), "%PDF-");
  const stranger = await visit(world, { language, scripts });
  try {
    await stranger.go(`/verify/${paper.code}`);
    await inspect(stranger);
    assert.equal(await stranger.page.getAttribute("#verdict", "data-state"), "holds");
    const verdict = plain(await stranger.page.textContent("main"));
    assert.ok(verdict.includes(paper.serial) && verdict.includes("نضال عزت سعيد الخطيب"), verdict);
    hides(verdict);
    assert.deepEqual(stranger.problems, []);
  } finally {
    await stranger.close();
  }
  // Three registers were asked besides the civil registry, and each is on the list of looks.
  await visitor.go("/looks");
  assert.ok((await page.locator("#looks > li").count()) >= 4);
});
