// The quality office's calendar: one officer proposes what a decree says, another
// confirms it; offices' pages change at once, the promises of open cases move, and
// each person is told. And a case whose promised time is over.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { LICENCE, submit } from "./forms.mjs";
import { checkOnBoth, inspect, journey, plain, show, useWorld } from "./harness.mjs";
import { atDesk, enter, takeCash, until, untilStage } from "./people.mjs";

const world = useWorld();
const [FIRST, SECOND] = ["quality", "quality2"];

/** The day so many days from now, as the form wants it. */
const ahead = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** A licence that is applied for and paid; gives its address. */
async function paid(visitor) {
  await enter(world, visitor, "samir");
  const address = await submit(visitor, LICENCE);
  await visitor.page.click("#pay");
  await takeCash(visitor, visitor.page.url());
  await untilStage(visitor, address, "deciding");
  return address;
}

async function promised({ page }, address) {
  await page.goto(address);
  return plain(await page.textContent("#promise b"));
}

const pathOf = (page) => new URL(page.url()).pathname.replace(/^\/en/, "");

/** The other officer confirms; the proposal waits no more. */
async function confirm(visitor, who, proposal) {
  await atDesk(world, visitor, who, proposal, async (desk) => {
    await inspect(desk);
    await show(desk.page, `calendar-waiting-${visitor.language.tag}`);
    await desk.page.click("#approve");
    await desk.page.waitForSelector("#approve", { state: "detached" });
    await inspect(desk);
  });
}

journey(world, "a decree closes an area, and every promise there moves and is told", async (visitor) => {
  const { page, at, language } = visitor;
  const address = await paid(visitor);
  const before = await promised(visitor, address);
  const names = { ar: `إغلاق ${Date.now()}`, en: `Closure ${Date.now()}` };
  let proposal;
  await atDesk(world, visitor, FIRST, "/desk", async (desk) => {
    await desk.page.click("#to-calendar");
    await inspect(desk);
    await desk.page.click("#new-closure");
    await inspect(desk);
    await desk.page.selectOption("#scope", "governorate:RBH");
    await desk.page.fill("#first", ahead(1));
    await desk.page.fill("#last", ahead(0));
    await desk.page.fill("#name_ar", names.ar);
    await desk.page.fill("#name_en", names.en);
    await desk.page.fill("#decree", "12/2026");
    await desk.page.click("#propose");
    // The last day is before the first: what was typed stays, and what is wrong is said.
    await desk.page.waitForSelector("#summary");
    await inspect(desk);
    assert.equal(await desk.page.inputValue("#name_ar"), names.ar);
    assert.equal(await desk.page.inputValue("#scope"), "governorate:RBH");
    await desk.page.fill("#last", ahead(5));
    await desk.page.click("#propose");
    await desk.page.waitForSelector("#own");
    await inspect(desk);
    assert.equal(await desk.page.locator("#approve").count(), 0);
    proposal = pathOf(desk.page);
  });
  const office = async () => {
    await page.goto(at("/offices/post.ramallah"));
    return plain(await page.textContent("main"));
  };
  assert.ok(!(await office()).includes(names[language.tag]));
  assert.equal(await promised(visitor, address), before, "a proposal moves nothing");
  await confirm(visitor, SECOND, proposal);
  assert.ok((await office()).includes(names[language.tag]));
  await inspect(visitor);
  await show(page, `calendar-office-${language.tag}`);
  const after = await until("the new promise", async () => {
    const now = await promised(visitor, address);
    return now !== before && now;
  });
  assert.ok(plain(await page.textContent("#case")).includes("12/2026"));
  await inspect(visitor);
  await show(page, `calendar-case-${language.tag}`);
  await page.goto(at("/inbox"));
  assert.ok(plain(await page.textContent("main")).includes(names[language.tag]));

  // The closure ends by another decree, and the promise moves back.
  await atDesk(world, visitor, SECOND, proposal, async (desk) => {
    await desk.page.fill("#decree", "13/2026");
    await desk.page.click("#end");
    await desk.page.waitForSelector("#own");
    proposal = pathOf(desk.page);
  });
  await confirm(visitor, FIRST, proposal);
  assert.ok(!(await office()).includes(names[language.tag]));
  await until("the old promise", async () => (await promised(visitor, address)) !== after);
  assert.equal(await promised(visitor, address), before);
});

journey(world, "a case whose time is over is on the quality office's list, and its person knows", async (visitor) => {
  const { page, language, scripts } = visitor;
  const address = await paid(visitor);
  const id = address.split("/").pop();
  await atDesk(world, visitor, "clerk2.ramallah", "/desk/late", async (desk) => {
    assert.equal(await desk.page.locator("#no-late").count(), 1);
    await inspect(desk);
  });
  // As if it had been paid a month ago.
  const age = `import sqlite3, sys
base = sqlite3.connect(sys.argv[1], timeout=20)
month = 30 * 86400000000
base.execute("UPDATE services_promise SET started_at = started_at - ?, since = since - ?, due_at = due_at - ?, next_at = next_at - ? WHERE case_id = ?", (month, month, month, month, sys.argv[2]))
base.execute("UPDATE services_case SET promised_at = promised_at - ? WHERE id = ?", (month, sys.argv[2]))
base.commit()`;
  execFileSync("python3", ["-c", age, join(world.server.folder, "hukumati.db"), id]);
  const over = async () => {
    await page.goto(address);
    return page.locator("#promise-over").count();
  };
  await until("the mark", over, 45_000);
  await inspect(visitor);
  await show(page, `calendar-over-${language.tag}`);
  await atDesk(world, visitor, FIRST, "/desk/late", async (desk) => {
    assert.ok(plain(await desk.page.textContent("#late")).includes(id));
    assert.equal(await desk.page.locator("#late a").count(), 0, "the quality office reads no case");
    if (scripts) await checkOnBoth(desk.page, `calendar-late-${language.tag}`);
    await desk.go(`/desk/cases/${id}`, 403);
  });
  await atDesk(world, visitor, "clerk.ramallah", "/desk/queue", async (desk) => {
    assert.ok(await desk.page.locator("tr", { hasText: id }).locator(".tag.late").count());
    await show(desk.page, `calendar-queue-${language.tag}`);
  });
});
