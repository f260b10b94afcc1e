// Acting for another: a mother takes up her son's matters and applies for him,
// after the civil registry was asked; a driver gives another a mandate for one
// service, takes it back, and the other is out at once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, checkOnBoth, inspect, journey, plain, show, useWorld, visit } from "./harness.mjs";
import { PEOPLE, atDesk, person, signIn, switchOutside, takeCash, until, untilStage } from "./people.mjs";

const world = useWorld();

/** Signs in a second person beside a first, in the same language and kind of browser. */
async function beside({ language, scripts }, name, act) {
  const other = await visit(world, { language, scripts });
  try {
    await signIn(world, other, name, "/account/mandates");
    await other.page.waitForSelector("#leave");
    await act(other);
    assert.deepEqual(other.problems, []);
  } finally {
    await other.close();
  }
}

journey(world, "a mother applies for her child, as the civil registry says", async (visitor) => {
  const { page, language, scripts, go } = visitor;
  await signIn(world, visitor, "amal", "/account/acting");
  await page.waitForSelector("#ask-children");
  await inspect(visitor);
  // A registry that does not answer changes nothing.
  await switchOutside(visitor, "civil");
  await go("/account/acting");
  await page.click("#ask-children");
  await page.waitForSelector("h1");
  assert.match(plain(await page.textContent("main")), /السجل المدني لا يجيب|registry does not answer/);
  await switchOutside(visitor, "civil");
  await go("/account/acting");
  await page.click("#ask-children");
  await page.waitForSelector("#others .card");
  assert.equal(await page.locator("#others .card").count(), 2);
  await inspect(visitor);
  if (scripts) await show(page, `mandates-acting-${language.tag}`);
  const name = language.tag === "ar" ? "أنس زيدان" : "Anas Zaidan";
  await page.locator("#others .card", { hasText: name }).locator("button").click();
  await page.waitForSelector("#acting");
  assert.ok(plain(await page.textContent("#acting")).includes(name));
  await inspect(visitor);
  // What is hers alone is closed meanwhile.
  const answer = await page.goto(visitor.at("/account"));
  assert.equal(answer.status(), 403);
  assert.equal(await page.locator("#acting-back").count(), 1);
  await inspect(visitor);
  await go("/services/moi.family.extract/start");
  await page.click("#start");
  await page.waitForSelector("#known");
  // The registers tell of the child.
  assert.ok(plain(await page.textContent("#known")).includes(language.tag === "ar" ? "أنس هاني عزمي زيدان" : "Anas Hani Azmi Zaidan"));
  await inspect(visitor);
  await page.click("#continue");
  await page.check("#purpose-1");
  await page.click("#continue");
  await page.click("#submit");
  await page.waitForSelector("#case");
  const address = page.url();
  assert.equal(await page.getAttribute("#case", "data-stage"), "paying");
  await page.click("#pay");
  await inspect(visitor);
  await takeCash(visitor, page.url());
  await untilStage(visitor, address, "closed");
  await inspect(visitor);
  if (scripts) await show(page, `mandates-case-${language.tag}`);
  const paper = await page.context().request.get(await page.getAttribute("#paper", "href"));
  assert.equal((await paper.body()).subarray(0, 5).toString(), "%PDF-");
  // The receipts of her own acts say both; those of others are the child's.
  const receipts = await page.locator("a.receipt").evaluateAll((links) => links.map((link) => link.href));
  const lines = await page.locator("ol.line > li").count();
  assert.ok(receipts.length >= 2 && receipts.length < lines, `${receipts.length} of ${lines}`);
  const receipt = await page.context().request.get(receipts[0]);
  assert.equal(receipt.status(), 200);
  assert.match(JSON.parse(await receipt.text()).body, /"acts_for":"person:/);
  await page.click("#acting-back");
  await page.waitForURL(/\/cases$/);
  assert.equal(await page.locator("#acting").count(), 0);
  // Her own cases are hers, and news of the child's came to her too.
  assert.equal((await page.goto(address)).status(), 404);
  await go("/inbox");
  assert.match(plain(await page.textContent("main")), /قدّمتها نيابة|sent for another/);
});

journey(world, "a mandate is given for one service, used, and taken back", async (visitor) => {
  const { page, language, scripts, go } = visitor;
  const tareq = await person(world, PEOPLE.tareq.password);
  await signIn(world, visitor, "samir", "/account/mandates");
  await page.waitForSelector("#new-mandate");
  await inspect(visitor);
  await page.click("#new-mandate");
  await page.waitForSelector("#give");
  await inspect(visitor);
  await page.fill("#id-number", tareq.idNumber);
  await page.click("#give");
  await page.waitForSelector("#mandate-error");
  await inspect(visitor);
  if (scripts) await show(page, `mandates-new-${language.tag}`);
  await page.locator("input[name=services][value='moi.family.extract']").check();
  await page.fill("#ceiling", "50");
  await page.click("#give");
  await page.waitForSelector("#given .card[data-open=true]");
  await inspect(visitor);
  await beside(visitor, "tareq", async (agent) => {
    await agent.page.waitForSelector("#received .card[data-open=true]");
    await inspect(agent);
    if (scripts) await show(agent.page, `mandates-offered-${language.tag}`);
    await agent.page.locator("#received .card[data-open=true] form[action$=accept] button").first().click();
    await agent.page.waitForSelector("#received .card[data-open=true] form[action$=end]");
    await agent.go("/account/acting");
    await agent.page.locator("#others .card button").first().click();
    await agent.page.waitForSelector("#acting");
    // Another service is refused with one clear sentence.
    const refused = await agent.page.goto(agent.at("/services/mot.licence.renew/start"));
    assert.equal(refused.status(), 403);
    assert.match(plain(await agent.page.textContent("main")), /تفويضه لا يشمل|does not cover/);
    await inspect(agent);
    await agent.go("/services/moi.family.extract/start");
    await agent.page.click("#start");
    await agent.page.waitForSelector("#known");
    // He takes it back; the other is out at once.
    await go("/account/mandates");
    await page.locator("#given .card[data-open=true] form[action$=end] button").first().click();
    await page.waitForSelector("#given .card[data-open=true]", { state: "detached" });
    await until("the end of the session", async () => {
      await agent.page.goto(agent.at("/"));
      return (await agent.page.locator("#acting").count()) === 0 && (await agent.page.locator("#leave").count()) === 0;
    });
  });
  await go("/looks");
  assert.match(plain(await page.textContent("#looks")), language.tag === "ar" ? /بدء العمل نيابة عنك.*طارق قدورة/s : /Began to act for you.*Tareq Qaddoura|Began to act for you.*Tareq/s);
  await inspect(visitor);
});

test("who showed a password alone is told what is missing", async () => {
  for (const language of LANGUAGES) {
    const visitor = await visit(world, { language });
    const { page, at } = visitor;
    try {
      const who = await person(world, PEOPLE.salma.password);
      await page.goto(at(`/sign-in?return=${encodeURIComponent(at("/account/mandates/new"))}`));
      await page.fill("#id-number", who.idNumber);
      await page.fill("#password", who.password);
      await page.click("#continue");
      await page.click("#skip");
      await page.waitForSelector("#low");
      await checkOnBoth(page, `mandates-low-${language.tag}`);
    } finally {
      await visitor.close();
    }
  }
});

test("a counter's form and its proposal are accessible", async () => {
  for (const language of LANGUAGES) {
    await atDesk(world, { language, scripts: true }, "authentication", "/desk/identity/mandates", async ({ page }) => {
      await checkOnBoth(page, `mandates-counter-${language.tag}`);
      const [ward, guardian] = [await person(world, "2009-01-18").catch(() => undefined), await person(world, PEOPLE.salma.password)];
      await page.fill("#principal", ward?.idNumber ?? (await person(world, PEOPLE.samir.password)).idNumber);
      await page.fill("#agent", guardian.idNumber);
      await page.fill("#document", "محكمة رام الله الشرعية 12/2026");
      await page.click("#propose");
      await page.waitForSelector("#own");
      await checkOnBoth(page, `mandates-proposal-${language.tag}`);
    });
  }
});
