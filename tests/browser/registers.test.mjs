// What registers know: shown as it stands now, never typed, and nothing is lost
// when one of them is silent. And a waiver: no page asks for money.

import assert from "node:assert/strict";

import { EXTRACT, begin, submit } from "./forms.mjs";
import { inspect, journey, plain, useWorld } from "./harness.mjs";
import { signIn, untilStage } from "./people.mjs";

const world = useWorld();

/** A silent register is asked again after some seconds. */
const PATIENCE_MS = 30_000;

async function rename({ page, at }, idNumber, [arabic, latin]) {
  await page.goto(at("/demo"));
  await page.fill("#rename-id", idNumber);
  await page.fill("#given-ar", arabic);
  await page.fill("#given-en", latin);
  await page.click("#rename");
  await page.waitForURL(/\/demo$/);
}

journey(world, "a name that the registry changes is seen at the next load, and cannot be typed", async (visitor) => {
  const { page, language } = visitor;
  const who = await signIn(world, visitor, "tareq", "/cases");
  await page.waitForURL(/\/cases$/);
  const form = await begin(visitor, EXTRACT);
  const shown = async () => plain(await page.textContent("#known"));
  assert.match(await shown(), language.tag === "ar" ? /طارق/ : /Tareq/);
  await rename(visitor, who.idNumber, ["حسام", "Husam"]);
  await page.goto(form);
  assert.match(await shown(), language.tag === "ar" ? /حسام/ : /Husam/);

  // Somebody posts what the registry knows beside the page's own fields: it is not looked at.
  const fields = Object.fromEntries(
    await Promise.all((await page.locator("main form input[type=hidden]").all()).map(async (input) => [await input.getAttribute("name"), await input.getAttribute("value")])),
  );
  const forged = { ...fields, name: "Forged Name", "birth-date": "2000-01-01", person: "{}" };
  const answer = await page.context().request.post(form, { form: forged, headers: { origin: world.server.origin }, maxRedirects: 0 });
  assert.equal(answer.status(), 303);
  await page.goto(form.replace(/form\/identity$/, "check"));
  const checked = plain(await page.textContent("main"));
  assert.ok(!checked.includes("Forged") && /حسام|Husam/.test(checked), checked);
  await rename(visitor, who.idNumber, ["طارق", "Tareq"]);
});

journey(world, "a register that is off loses nothing", async (visitor) => {
  const { page, at } = visitor;
  await signIn(world, visitor, "salma", "/cases");
  await page.waitForURL(/\/cases$/);
  const turn = async () => {
    await page.goto(at("/demo"));
    await page.click("#switch-civil");
  };
  await turn();
  try {
    await begin(visitor, EXTRACT);
    assert.equal(await page.locator("#register-silent").count(), 1);
    await inspect(visitor);
    await page.click("#continue");
    await page.check("#purpose-0");
    await page.click("#continue");
    await page.click("#submit");
    await page.waitForSelector("#marked");
    await inspect(visitor);
  } finally {
    const address = page.url();
    await turn();
    await page.goto(address);
  }
  await untilStage(visitor, page.url(), "paying", PATIENCE_MS);
  assert.equal(await page.locator("#marked").count(), 0);
});

journey(world, "a full waiver passes without a payment page", async (visitor) => {
  const { page } = visitor;
  await signIn(world, visitor, "amal", "/cases");
  await page.waitForURL(/\/cases$/);
  await submit(visitor, EXTRACT);
  assert.equal(await page.locator("#pay").count(), 0);
  await untilStage(visitor, page.url(), "closed");
  await page.click("#receipt");
  assert.match(plain(await page.textContent("main")), /0\.00/);
});

journey(world, "a register that a security server reads itself is turned off, and on again", async (visitor) => {
  const { page, at, language } = visitor;
  await page.goto(at("/demo"));
  const option = page.locator("#other-register option[value='PS/GOV/MOH/INSURANCE/policy']");
  const turn = async (button) => {
    await page.selectOption("#other-register", "PS/GOV/MOH/INSURANCE/policy");
    await page.click(button);
    await page.waitForURL(/\/demo$/);
    return plain(await option.textContent());
  };
  assert.match(await turn("#other-register-off"), language.tag === "ar" ? /موقوف/ : /off/);
  assert.equal(await turn("#other-register-on"), "PS/GOV/MOH/INSURANCE/policy");
});
