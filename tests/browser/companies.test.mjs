// Acting for a company: its only signatory acts as the companies' register says
// and finds that services for people are closed; where two sign jointly, the
// second signs on their own account, and takes the signature back.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, checkOnBoth, inspect, journey, plain, show, useWorld, visit } from "./harness.mjs";
import { PEOPLE, person, signIn, switchOutside, until } from "./people.mjs";

const world = useWorld();

const SOLE = { ar: "شركة بيت العريشة للديكور", en: "Bayt Al-Areesha Decor" };
const JOINT = { ar: "شركة الدرب القديم للنقل", en: "Al-Darb Al-Qadeem Transport" };
const TO_CHECK = /قيد التحقق|to be checked/;

/** The card of a company on the page of companies. */
const card = (page, number) => page.locator(`#company-${number}`);

journey(world, "the only signatory acts for a company, and services for people are closed", async (visitor) => {
  const { page, language, scripts, go } = visitor;
  await signIn(world, visitor, "salma", "/account/acting");
  await page.waitForSelector("#ask-companies");
  await inspect(visitor);
  // A register that does not answer changes nothing, and says what becomes of it.
  await switchOutside(visitor, "companies");
  await go("/account/acting");
  await page.click("#ask-companies");
  await page.locator("main", { hasText: TO_CHECK }).waitFor();
  await inspect(visitor);
  await switchOutside(visitor, "companies");
  await go("/account/acting");
  await page.click("#ask-companies");
  await card(page, "562000011").waitFor();
  await inspect(visitor);
  if (scripts) await show(page, `companies-${language.tag}`);
  assert.ok(plain(await card(page, "562000011").textContent()).includes(SOLE[language.tag]));
  await card(page, "562000011").locator(".begin").click();
  await page.waitForSelector("#acting");
  assert.ok(plain(await page.textContent("#acting")).includes(SOLE[language.tag]));
  await inspect(visitor);
  if (scripts) await show(page, `companies-acting-${language.tag}`);
  // A certificate of one's family is not a company's to ask for.
  const refused = await page.goto(visitor.at("/services/moi.family.extract/start"));
  assert.equal(refused.status(), 403);
  assert.match(plain(await page.textContent("main")), /هذه الخدمة للأشخاص|This service is for people/);
  await inspect(visitor);
  if (scripts) await show(page, `companies-refused-${language.tag}`);
  // Nor are the pages of who acts.
  assert.equal((await page.goto(visitor.at("/account/companies"))).status(), 403);
  await page.click("#acting-back");
  await page.waitForURL(/\/cases$/);
  assert.equal(await page.locator("#acting").count(), 0);
  // A silent register when it is taken up: one stays who one is.
  await switchOutside(visitor, "companies");
  await go("/account/companies");
  await card(page, "562000011").locator(".begin").click();
  await page.locator("main", { hasText: TO_CHECK }).waitFor();
  assert.equal(await page.locator("#acting").count(), 0);
  await inspect(visitor);
  await switchOutside(visitor, "companies");
});

journey(world, "two who sign jointly are two", async (visitor) => {
  const { page, language, scripts, go } = visitor;
  const salma = await person(world, PEOPLE.salma.password);
  await signIn(world, visitor, "samir", "/account/companies");
  await page.click("#ask-companies");
  const joint = card(page, "562000029");
  await joint.locator(".ask-second").click();
  await joint.locator(".waits").waitFor();
  await inspect(visitor);
  if (scripts) await show(page, `companies-waits-${language.tag}`);
  assert.equal(await joint.locator(".begin").count(), 0);
  const second = await visit(world, { language, scripts });
  try {
    await signIn(world, second, "tareq", "/account/companies");
    const asked = second.page.locator("#asked .card");
    await asked.waitFor();
    await inspect(second);
    if (scripts) await show(second.page, `companies-asked-${language.tag}`);
    assert.ok(plain(await asked.textContent()).includes(JOINT[language.tag]));
    await asked.locator("form[action$=sign] button").click();
    await second.page.waitForSelector("#company-562000029 .others .card");
    await go("/account/companies");
    await joint.locator(".give").click();
    await page.waitForSelector("#give");
    await inspect(visitor);
    await page.fill("#id-number", salma.idNumber);
    await page.click("#give");
    await page.waitForSelector("#mandate-error");
    await inspect(visitor);
    if (scripts) await show(page, `companies-give-${language.tag}`);
    // What was typed stays when the register is silent.
    await page.check("#scope-all");
    await page.fill("#ceiling", "75");
    await switchOutside(second, "companies");
    await page.click("#give");
    await page.locator("#mandate-error", { hasText: TO_CHECK }).waitFor();
    assert.deepEqual([await page.inputValue("#ceiling"), await page.inputValue("#id-number")], ["75", salma.idNumber]);
    await switchOutside(second, "companies");
    await page.click("#give");
    await joint.locator(".others .card, .holds, .give").first().waitFor();
    // The second does not sign that one.
    await second.go("/account/companies");
    await asked.locator("form[action$=refuse] button").click();
    await asked.waitFor({ state: "detached" });
    await joint.locator(".begin").click();
    await page.waitForSelector("#acting");
    assert.ok(plain(await page.textContent("#acting")).includes(JOINT[language.tag]));
    await inspect(visitor);
    // The signature is taken back: the first is out at once.
    await second.page.locator("#company-562000029 .others form[action$=end] button").click();
    await second.page.waitForSelector("#company-562000029 .others", { state: "detached" });
    await inspect(second);
    await until("the end of the session", async () => {
      await page.goto(visitor.at("/"));
      return (await page.locator("#acting").count()) === 0 && (await page.locator("#leave").count()) === 0;
    });
    assert.deepEqual(second.problems, []);
  } finally {
    await second.close();
  }
});

test("who showed a password alone is told what is missing", async () => {
  for (const language of LANGUAGES) {
    const visitor = await visit(world, { language });
    const { page, at } = visitor;
    try {
      const who = await person(world, PEOPLE.salma.password);
      await page.goto(at(`/sign-in?return=${encodeURIComponent(at("/account/companies"))}`));
      await page.fill("#id-number", who.idNumber);
      await page.fill("#password", who.password);
      await page.click("#continue");
      await page.click("#skip");
      await page.waitForSelector("#low");
      await checkOnBoth(page, `companies-low-${language.tag}`);
      await page.click("#company-562000011 .give");
      await page.waitForSelector("#for-company");
      await checkOnBoth(page, `companies-give-low-${language.tag}`);
    } finally {
      await visitor.close();
    }
  }
});
