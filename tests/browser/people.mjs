// Signing in as the demo's people, the way a person does: with the page `/demo`
// and the messages that were sent.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

import { WIDTHS, plain, screenshot, visit } from "./harness.mjs";

/** How long a message, a paper or a payment may take to arrive. */
const LIMIT_MS = 15_000;

/** People with an account, as `crates/sandbox/demo.toml` lists them. */
export const PEOPLE = {
  salma: { head: 90000001, password: "olive-harvest-in-october", phone: "salma" },
  samir: { head: 90000005, password: "seven-hills-around-ramallah" },
  amal: { head: 90000006, password: "almond-blossom-in-february" },
  tareq: { head: 90000010, password: "soap-works-of-the-old-town" },
  rami: { head: 90000060, password: "thyme-on-the-south-slope" },
  nidal: { head: 90000040, password: "pine-cones-on-the-hill" },
  rasha: { head: 90000042, password: "jasmine-over-the-wall" },
  wisam: { head: 90000013, password: "two-cedars-by-the-gate" },
};

/** Waits until `probe` gives something. */
export async function until(what, probe, limit = LIMIT_MS) {
  const began = Date.now();
  for (;;) {
    const found = await probe();
    if (found) return found;
    assert.ok(Date.now() - began < limit, `${what} did not come within ${limit} ms`);
    await wait(60);
  }
}

/** What `/demo` says of a person whose password, telephone or day of birth this is. */
export async function person(world, password) {
  const page = await (await fetch(`${world.server.origin}/en/demo`)).text();
  const card = page.split('<li class="card">').find((card) => card.includes(password));
  assert.ok(card, "the demo lists that person");
  const values = [...card.matchAll(/<dd><bdi dir="ltr">([^<]*)<\/bdi><\/dd>/g)].map((match) => match[1]);
  const phone = values.find((value) => value.startsWith("+"));
  return { idNumber: values[0], born: values[1], phone, password };
}

/** The messages that were sent to a number or an address, newest first. */
export async function sentTo(world, to) {
  const answer = await fetch(`${world.server.origin}/demo/outbox.json?to=${encodeURIComponent(to)}`);
  return (await answer.json()).messages;
}

/** Signs a citizen in with password and code; ends on the page that was asked for. */
export async function signIn(world, { page, at }, name, path = "/cases") {
  await page.goto(at(`/sign-in?level=substantial&return=${encodeURIComponent(at(path))}`));
  return showBoth(world, page, name);
}

/** Shows password and code on the sign-in page where one stands. */
export async function showBoth(world, page, name) {
  const who = await person(world, PEOPLE[name].password);
  const before = (await sentTo(world, who.phone)).length;
  await page.fill("#id-number", who.idNumber);
  await page.fill("#password", who.password);
  await page.click("#continue");
  await page.waitForSelector("#code");
  await page.fill("#code", await codeFor(world, who.phone, before));
  await page.click("#continue");
  return who;
}

/** Citizens who signed in before, by world: a name may sign in five times a minute. */
const sessions = new WeakMap();

/** The same, with a session that an earlier visitor of the file left. */
export async function enter(world, visitor, name, path = "/cases") {
  const known = sessions.get(world) ?? sessions.set(world, new Map()).get(world);
  if (known.has(name)) {
    await visitor.context.addCookies(known.get(name));
    await visitor.go(path);
    return;
  }
  await signIn(world, visitor, name, path);
  await visitor.page.waitForSelector("#leave");
  known.set(name, (await visitor.context.storageState()).cookies);
}

/** The code of an app (RFC 6238), `ahead` steps from now. */
export function appCode(secret, ahead = 0) {
  const bits = [...secret.replaceAll(" ", "")].map((sign) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((octet) => Number.parseInt(octet, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const hash = createHmac("sha1", key).update(step).digest();
  const word = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(word % 1_000_000).padStart(6, "0");
}

/** Codes that were used: a device's code is taken once. */
const used = new Map();

/** What `/demo` says of an officer: user name, password, the code now. */
async function officer(world, username) {
  const demo = await (await fetch(`${world.server.origin}/en/demo`)).text();
  const card = demo.split('<li class="card"').find((card) => card.includes(`data-username="${username}"`));
  return [...card.matchAll(/<dd><bdi dir="ltr"[^>]*>([^<]*)<\/bdi><\/dd>/g)].map((match) => match[1]);
}

/** An officer's name, password, and a code of their device that was not used yet. */
export async function officerNow(world, username) {
  const shown = await until("a new code", async () => {
    const shown = await officer(world, username);
    return shown[2] !== used.get(username) && shown;
  }, 45_000);
  used.set(username, shown[2]);
  return shown;
}

/** Signs an officer in with the code that their device shows, once it shows a new one. */
export async function signInOfficer(world, visitor, username, path = "/desk") {
  const { page, at } = visitor;
  const [, password, code] = await officerNow(world, username);
  await page.goto(at(`/desk/sign-in?return=${encodeURIComponent(at(path))}`));
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.fill("#code", code);
  await page.click("#continue");
}

/** All sessions of this server have not been used for an hour; or, with `proven`, were proven an hour earlier. */
export async function growOld(world, { proven = false } = {}) {
  const age = [
    "import sqlite3, sys",
    "base = sqlite3.connect(sys.argv[1], timeout=20)",
    "base.execute('UPDATE web_session SET seen_at = seen_at - 3600000000')",
    "base.execute('UPDATE identity_session SET seen_at = seen_at - 3600000000')",
  ];
  const ageProof = [...age.slice(0, 2), "base.execute('UPDATE identity_session SET proven_at = proven_at - 3600000000')"];
  const lines = [...(proven ? ageProof : age), "base.commit()"];
  await promisify(execFile)("python3", ["-c", lines.join("\n"), `${world.server.folder}/hukumati.db`]);
}

/** A device that keeps passkeys and knows its holder (W3C Web Authentication Level 3 §11). */
export async function withDevice({ context, page }) {
  const line = await context.newCDPSession(page);
  await line.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await line.send("WebAuthn.addVirtualAuthenticator", { options });
  return { line, authenticatorId };
}

/** Begins to open an account: number, then day of birth. */
export async function beginOpening(world, visitor, born, { given = born } = {}) {
  const { page, at } = visitor;
  const who = await person(world, born);
  await page.goto(at("/account/open"));
  await page.fill("#id-number", who.idNumber);
  await page.click("#continue");
  await page.waitForSelector("#birth-day");
  const [year, month, day] = given.split("-");
  await page.fill("#birth-day", day);
  await page.fill("#birth-month", month);
  await page.fill("#birth-year", year);
  const before = who.phone ? (await sentTo(world, who.phone)).length : 0;
  await page.click("#continue");
  return { ...who, before };
}

/** The newest code that came to a telephone after so many messages. */
export function codeFor(world, phone, before) {
  return until("the code", async () => {
    const messages = await sentTo(world, phone);
    return messages.length > before && /\b(\d{6})\b/.exec(plain(messages[0].text))?.[1];
  });
}

/** Asks for a case until it stands where it should, and shows it. */
export function untilStage({ page }, address, stage, limit) {
  // A window is shown what has come, not each look before it: that costs ten times an answer.
  const told = new RegExp(`id="?case"? data-stage="?${stage}\\b`);
  const stands = async () => {
    const answer = await page.context().request.get(address);
    if (!told.test(await answer.text())) return false;
    await page.goto(address);
    return (await page.getAttribute("#case", "data-stage")) === stage;
  };
  return until(`the stage ${stage}`, stands, limit);
}

/** The paper of the case that is shown: its serial number, its short code, its file. */
export async function paperOf(page) {
  const card = page.locator("#case .cards .card").first();
  const answer = await page.context().request.get(await card.locator("#paper").getAttribute("href"));
  const file = await answer.body();
  // The seal says where the paper is verified.
  const address = /\/ContactInfo <([0-9a-f]+)>/.exec(file.toString("latin1"));
  assert.ok(address, "the paper's seal says where it is verified");
  const code = Buffer.from(address[1], "hex").toString().split("/").pop().split("?")[0];
  return { serial: plain(await card.locator("bdi").textContent()), code, file };
}

/** What a form of the page would send, with the values given. */
export async function fields(page, selector, values = {}) {
  const sent = { ...values };
  for (const input of await page.locator(`${selector} input[type=hidden]`).all()) {
    sent[await input.getAttribute("name")] = await input.getAttribute("value");
  }
  return sent;
}

/** Sends a form without the page, as often as one likes. */
export const post = (world, { page }, url, form) =>
  page.context().request.post(url, { form, headers: { origin: world.server.origin }, maxRedirects: 0 });

/** Turns the SMS company, the bank or a register off, or on again. */
export async function switchOutside({ page, at }, which) {
  await page.goto(at("/demo"));
  await page.click(`#switch-${which}`);
  await page.waitForURL(/\/demo$/);
}

/** Pays a bill in cash at the till. */
export async function takeCash({ page, at }, bill) {
  await page.goto(bill);
  const code = plain(await page.textContent("#bill-code bdi")).replace(/\D/g, "");
  assert.equal(code.length, 14);
  await page.goto(at("/demo/pos"));
  await page.fill("#code", code);
  await page.click("#inquire");
  assert.match(plain(await page.textContent(".promise")), /\d+\.00 (شيكل|shekels)$/);
  await page.click("#take");
  await page.waitForSelector("#till-receipt");
}

/** Officers who signed in before: a device shows a new code only every half minute. */
const desks = new Map();

/** A second visitor, at a desk, in the language and the kind of browser of a first. */
export async function atDesk(world, { language, scripts }, username, path, act) {
  const desk = await visit(world, { language, scripts, width: WIDTHS.desktop, storageState: desks.get(username) });
  try {
    if (desks.has(username)) {
      await desk.go(path);
    } else {
      await signInOfficer(world, desk, username, path);
      await desk.page.waitForSelector("#leave");
      desks.set(username, await desk.context.storageState());
    }
    await act(desk);
    assert.deepEqual(desk.problems, []);
  } catch (error) {
    await screenshot(desk.page, `failed-desk-${username}-${language.tag}`).catch(() => {});
    throw error;
  } finally {
    await desk.close();
  }
}
