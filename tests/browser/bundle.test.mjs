// What makes applying easier: services of one life event asked once and sent at
// once, all questions on one page, a draft gone on with on another device, another
// way for a paper.

import assert from "node:assert/strict";
import { after } from "node:test";

import { bundledServices } from "./bundled.mjs";
import { WIDTHS, checkOnBoth, inspect, journey, plain, show, startServer, useWorld } from "./harness.mjs";
import { signIn } from "./people.mjs";

let services;
const world = useWorld({
  start: async () => {
    services = await bundledServices();
    return startServer({ args: ["--services", services.folder] });
  },
});
after(() => services?.gone());

/** A picture, and with scripts axe on the narrowest phone and a desktop. */
async function look(visitor, name) {
  const { page, scripts, language } = visitor;
  if (scripts) await checkOnBoth(page, `bundle-${name}-${language.tag}`);
  else await show(page, `bundle-${name}-${language.tag}-plain`);
  await page.setViewportSize(WIDTHS.phone);
}

/** Which pages of forms are met, one after another, until everything is to be checked. */
async function fill({ page }, answers) {
  const met = [];
  while (/\/form\//.test(page.url())) {
    const name = new URL(page.url()).pathname.split("/").pop();
    met.push(name);
    await answers[name]?.(page);
    await page.click("#continue");
    await page.waitForURL((url) => !url.pathname.endsWith(`/${name}`));
  }
  return met;
}

const ANSWERS = {
  child: (page) => page.fill("#child", "سند"),
  born: async (page) => {
    for (const [part, value] of [["day", "3"], ["month", "2"], ["year", "2026"]]) await page.fill(`[id="born.${part}"]`, value);
  },
  insured: (page) => page.check("#insured-0"),
  office: (page) => page.check("#office-0"),
  number: (page) => page.fill("#number", "A-42"),
};

const tags = (page) => page.locator("#services > li").evaluateAll((lines) => Object.fromEntries(lines.map((line) => [line.dataset.service, line.querySelector("p").textContent.trim()])));

journey(world, "three services of a newborn, asked once and sent at once", async (visitor) => {
  const { page, go } = visitor;
  await signIn(world, visitor, "salma", "/life-events/newborn");
  await page.waitForSelector("#start-bundle");
  await look(visitor, "event");
  await page.click("#start-bundle");
  await page.waitForSelector("#start");
  await page.check("input[name=service]");
  await look(visitor, "start");
  await page.click("#start");
  await page.waitForSelector("#bundle[data-stage=draft]");
  await look(visitor, "draft");
  await page.click("#continue");
  assert.deepEqual(await fill(visitor, ANSWERS), ["who", "child", "born", "insured", "office", "number"]);
  await page.waitForSelector("#submit");
  await look(visitor, "check");
  await page.click("#submit");
  // The page leads on by itself, with scripts off too.
  await page.waitForSelector("#bundle[data-stage=sent]");
  await look(visitor, "sent");
  assert.equal(await page.locator("#owed li").count(), 1);
  assert.match(plain(await page.textContent("#owed")), /10\.00/);
  const became = await tags(page);
  assert.notEqual(became["test.birth"], became["test.copy"]);
  const bundle = new URL(page.url()).pathname;
  await page.click(`[data-service="test.copy"] a`);
  await page.waitForSelector("#case[data-stage=paying]");

  // Another office while nothing left; the page says who has it now.
  await page.waitForSelector("#holder");
  const before = await page.textContent("#delivery-now b");
  await page.click("#delivery summary");
  await page.locator("#delivery input[type=radio]:not(:checked):enabled").last().check();
  await look(visitor, "delivery");
  await page.click("#change-delivery");
  await page.waitForSelector("#delivery-now");
  assert.notEqual(await page.textContent("#delivery-now b"), before);
  await go("/cases");
  assert.equal(await page.locator(`#bundles a[href$="${bundle}"]`).count(), 0, "what is sent is no draft");
});

journey(world, "all questions on one page, and the same draft on another device", async (visitor) => {
  const { page, go, scripts } = visitor;
  await signIn(world, visitor, "samir", "/services/test.insurance/start");
  await page.waitForSelector("#start-whole");
  await page.click("#start-whole");
  await page.waitForSelector("#may-grow");
  await look(visitor, "whole");
  await page.check("#insured-0");
  await page.click("#continue");
  await page.waitForSelector("#summary");
  await look(visitor, "whole-wrong");
  await page.click("#summary a");
  assert.match(page.url(), /#child$/);
  assert.ok(await page.isChecked("#insured-0"));
  await page.fill("#child", "سند");
  await page.click("#continue");
  // The answer opened a question: it came with what was wrong, and is asked for now.
  await page.waitForSelector("#number");
  await page.fill("#number", "A-42");
  await page.click("#continue");
  await page.waitForSelector("#submit");
  const draft = new URL(page.url()).pathname.replace(/\/check$/, "");

  // The code, on this device; then typed with a slip, and rightly.
  await page.goto(draft);
  await page.click("#other-device");
  await page.click("#new-code");
  await page.waitForSelector("#resume-code");
  await look(visitor, "code");
  const code = await page.textContent("#resume-code");
  assert.match(code, /^[0-9A-HJKMNP-TV-Y]{4}-[0-9A-HJKMNP-TV-Y]{4}$/);
  await go("");
  await page.click("#resume");
  await page.waitForSelector("#code");
  await look(visitor, "resume");
  await page.fill("#code", "0000 0000");
  await page.click("#continue");
  await page.waitForSelector("#code-error");
  await inspect(visitor);
  if (scripts) await look(visitor, "resume-unknown");
  await page.fill("#code", code.toLowerCase().replace("-", " "));
  await page.click("#continue");
  await page.waitForSelector("#case[data-stage=draft]");
  assert.equal(new URL(page.url()).pathname, draft);

  // Back to one question a page, and thrown away.
  await page.click("#continue-draft");
  await page.click("#by-page");
  await page.waitForSelector("#whole");
  await page.goto(`${draft}/check`);
  await page.click("#discard");
  await page.waitForURL(/\/cases$/);
});
