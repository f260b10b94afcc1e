// Losing work: somebody registers as a jobseeker, then asks for health insurance.
// Seven bodies are asked at once: registers answer by themselves, officers of the labour
// office and of the municipality say yes, the social workers stay silent, and that is a yes.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { begin } from "./forms.mjs";
import { inspect, journey, plain, show, useWorld } from "./harness.mjs";
import { atDesk, enter, paperOf, until, untilStage } from "./people.mjs";

const world = useWorld();
const JOBSEEKER = "mol.jobseeker";
const INSURANCE = "moh.insurance";

const chooses = (...places) => async (page) => {
  for (const place of places) await page.check(place);
};
const types = (place, text) => (page) => page.fill(place, text);
const reads = (page) => page.waitForSelector("#known");

/** The day so many days ago, in a question's three parts. */
const past = (field, days) => async (page) => {
  const [year, month, day] = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10).split("-");
  for (const [part, text] of Object.entries({ day, month, year })) await page.fill(`[id="${field}.${part}"]`, text);
};

/** Fills a form in page by page, and sends it; gives the case's address. */
async function apply(visitor, service, pages) {
  const { page } = visitor;
  await begin(visitor, { service });
  for (const answer of pages) {
    await page.waitForSelector("#continue");
    await inspect(visitor);
    await answer(page);
    await page.click("#continue");
  }
  await page.waitForSelector("#submit");
  await inspect(visitor);
  await page.click("#submit");
  await page.waitForSelector("#case");
  return page.url();
}

/** As if the clocks of a case's bodies had been set ten days earlier. */
function tenDaysLater(id) {
  const age = `import sqlite3, sys
base = sqlite3.connect(sys.argv[1], timeout=20)
days = 10 * 86400000000
base.execute("UPDATE services_turn SET due_at = due_at - ? WHERE case_id = ? AND stage = 'open'", (days, sys.argv[2]))
base.execute("UPDATE store_work SET due = due - ? WHERE queue = 'services.turn_due' AND ordering_key IN (SELECT id FROM services_turn WHERE case_id = ?)", (days, sys.argv[2]))
base.commit()`;
  execFileSync("python3", ["-c", age, join(world.server.folder, "hukumati.db"), id]);
}

const stays = () => {};

journey(world, "without work: registered, then insured with seven clearances, one of them silent", async (visitor) => {
  const { page, language, scripts } = visitor;
  await enter(world, visitor, "rami");

  const registered = await apply(visitor, JOBSEEKER, [
    reads,
    chooses("#last_work-1"),
    past("ended_on", 190),
    chooses("#education-3"),
    types("#trade", "كهربائي"),
    chooses("#skills-2", "#skills-3"),
    chooses("#availability-0"),
    chooses("#disability-0"),
  ]);
  await untilStage(visitor, registered, "closed", 45_000);
  await inspect(visitor);
  assert.match((await paperOf(page)).serial, /^JS/);

  const address = await apply(visitor, INSURANCE, [
    reads,
    chooses("#category-4"),
    chooses("#cover-0", "#cover-1"),
    stays,
    chooses("#clinic-1"),
    chooses("#collect-0"),
  ]);
  const id = address.split("/").pop();
  await untilStage(visitor, address, "waiting");
  // Seven are asked; the four registers answer by themselves.
  await until("the registers’ answers", async () => {
    await page.goto(address);
    assert.equal(await page.locator("#turns > div").count(), 7);
    return (await page.locator("#turns .tag.ok").count()) === 4;
  }, 45_000);
  await inspect(visitor);
  if (scripts) await show(page, `insurance-asked-${language.tag}`);

  for (const officer of ["labour.nablus", "municipality.nablus"]) {
    await atDesk(world, visitor, officer, "/desk/turns", async (desk) => {
      await inspect(desk);
      await desk.page.click("tbody a");
      await desk.page.waitForSelector("#yes");
      await inspect(desk);
      await desk.page.click("#yes");
    });
  }
  await page.goto(address);
  assert.equal(await page.locator("#turns .tag.soon").count(), 1);
  tenDaysLater(id);
  await untilStage(visitor, address, "closed", 60_000);
  await inspect(visitor);
  if (scripts) await show(page, `insurance-closed-${language.tag}`);
  // Who was silent, and that it counts as a yes, stands in the timeline; nothing was to be paid.
  const line = plain(await page.textContent("ol.line"));
  const silent = language.tag === "ar" ? "وزارة التنمية الاجتماعية، أحوال الأسرة" : "Ministry of Social Development, how the household lives";
  assert.ok(line.includes(silent), line);
  assert.equal(await page.locator("#pay").count(), 0);
  const paper = await paperOf(page);
  assert.match(paper.serial, /^HI/);
  assert.equal(paper.file.subarray(0, 5).toString(), "%PDF-");

  // Each register that was asked is on the list of looks.
  await visitor.go("/looks");
  assert.ok((await page.locator("#looks > li").count()) >= 10);
});
