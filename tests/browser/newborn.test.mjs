// A child is born: its parents register it, the child's first certificate is issued, one of
// them is insured anew and enters the family's address. Asked once and sent once, it
// becomes a case for each service. One of them is refused, and the others go on.

import assert from "node:assert/strict";

import { INSURANCE as INSURED, otherParent, submit } from "./forms.mjs";
import { inspect, journey, plain, show, useWorld, visit } from "./harness.mjs";
import { PEOPLE, atDesk, enter, paperOf, person, takeCash, until, untilStage } from "./people.mjs";

const world = useWorld();
const REGISTER = "moi.birth.register";
const INSURANCE = INSURED.service;
const ADDRESS = "mtit.address";
const COPY = "moi.birth.copy";

const chooses = (place) => (page) => page.check(place);
const types = (place, text) => (page) => page.fill(place, text);

/** What is said on the pages of the bundle, by the page's name; registers tell the others. */
const ANSWERS = {
  birth: chooses("#birth-0"),
  notice: chooses("#notice-0"),
  "given-name": types("#given-name", "زينة"),
  "given-name-latin": types("#given-name-latin", "Zeina"),
  other: async (page) => otherParent(page, (await person(world, PEOPLE.wisam.password)).idNumber),
  way: chooses("#way-0"),
  // No register knows her as a student: this one is refused.
  category: chooses("#category-6"),
  cover: chooses("#cover-1"),
  clinic: chooses("#clinic-0"),
  payment: chooses("#payment-0"),
  collect: chooses("#collect-0"),
  code: chooses("#code-0"),
  postcode: types("#postcode", "P6040027"),
};

/** Goes through the questions until everything is to be checked; gives the pages that were met, and what registers told on them. */
async function answer(visitor) {
  const { page } = visitor;
  const [met, told] = [[], []];
  while (/\/form\//.test(page.url())) {
    const name = new URL(page.url()).pathname.split("/").pop();
    met.push(name);
    told.push(...(await page.locator("#known").allTextContents()));
    assert.ok(met.length < 40, met.join(" "));
    await inspect(visitor);
    await ANSWERS[name]?.(page);
    await page.click("#continue");
    await page.waitForSelector("#continue, #submit");
    assert.deepEqual(await page.locator("#summary").allTextContents(), [], name);
  }
  return { met, told };
}

/** Another citizen, in the language and the kind of browser of the first. */
async function besides({ language, scripts }, name, path, act) {
  const other = await visit(world, { language, scripts });
  try {
    await enter(world, other, name, path);
    await act(other);
    assert.deepEqual(other.problems, []);
  } finally {
    await other.close();
  }
}

/** The copy of the certificate: the child is chosen already, and what registers tell is read. */
async function fillCopy(visitor) {
  const { page } = visitor;
  while (/\/form\//.test(page.url())) {
    const name = new URL(page.url()).pathname.split("/").pop();
    await inspect(visitor);
    if (name === "entry") assert.match(plain(await page.textContent("label:has(input:checked)")), /زينة|Zeina/);
    else if (["correct", "ground", "extent"].includes(name)) await page.check(`#${name}-0`);
    await page.click("#continue");
    await page.waitForURL((url) => !url.pathname.endsWith(`/${name}`));
  }
}

/** A stranger checks a paper by its code alone. */
async function verified({ language, scripts }, paper, words) {
  const stranger = await visit(world, { language, scripts });
  try {
    await stranger.go(`/verify/${paper.code}`);
    await inspect(stranger);
    assert.equal(await stranger.page.getAttribute("#verdict", "data-state"), "holds");
    const verdict = plain(await stranger.page.textContent("main"));
    assert.ok(verdict.includes(paper.serial) && verdict.includes(words), verdict);
  } finally {
    await stranger.close();
  }
}

journey(world, "a newborn: two parents, one submission, several cases, and one that fails stops none", async (visitor) => {
  const { page, language, scripts } = visitor;
  await enter(world, visitor, "salma", "/life-events/born");
  await inspect(visitor);
  await page.click("#start-bundle");
  await page.waitForSelector("#start");
  await inspect(visitor);
  for (const service of [COPY, INSURANCE, ADDRESS]) await page.check(`input[name=service][value="${service}"]`);
  await page.click("#start");
  await page.waitForSelector("#bundle[data-stage=draft]");
  await inspect(visitor);
  await page.click("#continue");
  const { met, told } = await answer(visitor);
  // How papers are collected is asked once, and nothing that registers tell is shown twice.
  assert.equal(met.filter((name) => name === "way").length, 1, met.join(" "));
  assert.ok(told.length > 1 && new Set(told).size === told.length, told.join("\n"));
  await inspect(visitor);
  if (scripts) await show(page, `newborn-check-${language.tag}`);
  await page.click("#submit");
  await page.waitForSelector("#bundle[data-stage=sent]");
  await inspect(visitor);
  const bundle = page.url();
  const cases = {};
  for (const service of [REGISTER, INSURANCE, ADDRESS]) cases[service] = new URL(await page.getAttribute(`[data-service="${service}"] a`, "href"), bundle).href;

  // The address is entered at once; insurance says why not, and what to do; the registration waits for the father.
  await untilStage(visitor, cases[ADDRESS], "closed");
  await inspect(visitor);
  const address = await paperOf(page);
  assert.match(address.serial, /^AD/);
  await untilStage(visitor, cases[INSURANCE], "closed");
  await inspect(visitor);
  const refused = plain(await page.textContent("#case"));
  assert.match(refused, language.tag === "ar" ? /لا يقيد الشخص طالبًا/ : /as a student/);
  await page.goto(bundle);
  assert.equal(await page.locator(`[data-service="${INSURANCE}"] .tag.late`).count(), 1);
  assert.equal(await page.locator(`[data-service="${ADDRESS}"] .tag.ok`).count(), 1);
  assert.equal(await page.locator(`[data-service="${REGISTER}"] .tag.soon`).count(), 1);
  await inspect(visitor);
  if (scripts) await show(page, `newborn-sent-${language.tag}`);

  await besides(visitor, "wisam", "/co-sign", async (father) => {
    await inspect(father);
    await father.page.click(".cards a");
    await father.page.waitForSelector("#agree");
    assert.ok(plain(await father.page.textContent("#facts")).includes("زينة"));
    await inspect(father);
    if (scripts) await show(father.page, `newborn-co-sign-${language.tag}`);
    await father.page.click("#agree");
    await father.page.waitForSelector("#agree", { state: "detached" });
    await inspect(father);
  });
  const id = cases[REGISTER].split("/").pop();
  await untilStage(visitor, cases[REGISTER], "deciding");
  await atDesk(world, visitor, "civil.clerk", "/desk/queue", async (desk) => {
    await desk.page.click(`form[action$='/desk/cases/${id}/take'] button`);
    await desk.page.waitForSelector("#approve");
    await inspect(desk);
    await desk.page.click("#approve");
    await desk.page.waitForURL(/\/desk\/queue$/);
  });
  await untilStage(visitor, cases[REGISTER], "waiting");
  await inspect(visitor);
  await atDesk(world, visitor, "civil-affairs", "/desk/turns", async (desk) => {
    await inspect(desk);
    await desk.page.click("tbody a");
    await desk.page.waitForSelector("#yes");
    await inspect(desk);
    await desk.page.click("#yes");
    await desk.page.waitForSelector("#yes", { state: "detached" });
  });
  await untilStage(visitor, cases[REGISTER], "closed", 45_000);
  await inspect(visitor);
  if (scripts) await show(page, `newborn-closed-${language.tag}`);
  const certificate = await paperOf(page);
  assert.match(certificate.serial, /^NB/);
  assert.equal(certificate.file.subarray(0, 5).toString(), "%PDF-");

  // The copy began by itself with the entry of the register; a few questions are left.
  await page.goto(bundle);
  await until("the copy’s draft", async () => {
    await page.reload();
    return (await page.locator(`[data-service="${COPY}"] a[href*="/form/"]`).count()) === 1;
  });
  await inspect(visitor);
  await page.click(`[data-service="${COPY}"] a`);
  await fillCopy(visitor);
  await page.click("#submit");
  await page.waitForSelector("#case");
  const copied = page.url();
  await page.click("#pay");
  await takeCash(visitor, page.url());
  await untilStage(visitor, copied, "closed", 45_000);
  await inspect(visitor);
  const copy = await paperOf(page);
  assert.match(copy.serial, /^BC/);
  assert.equal(await page.locator("#another-copy").count(), 1);

  // What was refused is asked for again, with the answer that is right.
  const insured = await submit(visitor, INSURED);
  await page.click("#pay");
  await takeCash(visitor, page.url());
  await untilStage(visitor, insured, "closed", 45_000);
  const insurance = await paperOf(page);
  assert.match(insurance.serial, /^HI/);

  // Four papers in the wallet, and each holds for whoever looks at it.
  await visitor.go("/papers");
  await inspect(visitor);
  if (scripts) await show(page, `newborn-wallet-${language.tag}`);
  const wallet = plain(await page.textContent("main"));
  for (const paper of [certificate, copy, address, insurance]) assert.ok(wallet.includes(paper.serial), wallet);
  await verified(visitor, certificate, "زينة");
  await verified(visitor, address, "P6040027");
  await verified(visitor, insurance, "سلمى عادل خليل عواد");
});
