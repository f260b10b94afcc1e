// Signing in as the demo's people, the way a person does: with the page `/demo`
// and the messages that were sent.

import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";

import { plain } from "./harness.mjs";

/** How long a message, a paper or a payment may take to arrive. */
const LIMIT_MS = 15_000;

/** People with an account, as `crates/sandbox/demo.toml` lists them. */
export const PEOPLE = {
  salma: { head: 90000001, password: "olive-harvest-in-october", phone: "salma" },
  samir: { head: 90000005, password: "seven-hills-around-ramallah" },
  amal: { head: 90000006, password: "almond-blossom-in-february" },
  tareq: { head: 90000010, password: "soap-works-of-the-old-town" },
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

/** What `/demo` says of a person whose password this is. */
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
export async function signIn(world, visitor, name, path = "/cases") {
  const { page, at } = visitor;
  const who = await person(world, PEOPLE[name].password);
  const before = (await sentTo(world, who.phone)).length;
  await page.goto(at(`/sign-in?level=substantial&return=${encodeURIComponent(at(path))}`));
  await page.fill("#id-number", who.idNumber);
  await page.fill("#password", who.password);
  await page.click("#continue");
  await page.waitForSelector("#code");
  const code = await until("the code", async () => {
    const messages = await sentTo(world, who.phone);
    return messages.length > before && /\b(\d{6})\b/.exec(plain(messages[0].text))?.[1];
  });
  await page.fill("#code", code);
  await page.click("#continue");
  return who;
}

/** Signs an officer in; the code is the one that `/demo` shows now. */
export async function signInOfficer(world, visitor, username, path = "/desk") {
  const { page, at } = visitor;
  const demo = await (await fetch(`${world.server.origin}/en/demo`)).text();
  const card = demo.split("<li class=\"card\"").find((card) => card.includes(`data-username="${username}"`));
  const values = [...card.matchAll(/<dd><bdi dir="ltr"[^>]*>([^<]*)<\/bdi><\/dd>/g)].map((match) => match[1]);
  const [, password, code] = values;
  await page.goto(at(`/desk/sign-in?return=${encodeURIComponent(at(path))}`));
  await page.fill("#username", username);
  await page.fill("#password", password);
  if (await page.locator("#code").count()) await page.fill("#code", code);
  await page.click("#continue");
}
