// A real server and a real Chromium for the journeys.
//
// `startServer` runs the built binary as a demo in a folder of its own;
// `openBrowser` launches Chromium; `journey` registers one walk four times: in
// each language, with scripts on and off. Nothing here knows a page.

import { spawn } from "node:child_process";
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

import axe from "axe-core/axe.min.js";
import { chromium } from "playwright-core";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const BINARY = process.env.HUKUMATI_TEST_BINARY ?? join(ROOT, "target/debug/hukumati");
const SCREENS = join(ROOT, "target/screens");

/** How long the demo may take from its start to its first answer. */
const START_LIMIT_MS = 120_000;
/** How long an orderly stop may take before it is a failure. */
const STOP_LIMIT_MS = 30_000;
/** How long a page may take for one step of a journey. */
const STEP_LIMIT_MS = 15_000;

/** The portal's languages: what stands before a path, and the page's own words. */
export const LANGUAGES = [
  { tag: "ar", prefix: "", direction: "rtl" },
  { tag: "en", prefix: "/en", direction: "ltr" },
];

/** The narrowest phone and a desktop. */
export const WIDTHS = { phone: { width: 320, height: 640 }, desktop: { width: 1280, height: 800 } };

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const FREE_PORTS = ["--admin-listen", "127.0.0.1:0", "--exchange-listen", "127.0.0.1:0", "--peer-listen", "127.0.0.2:0"];

/**
 * Runs `hukumati serve` on free loopback ports, as a demo unless told otherwise. `origin` is where it
 * serves; `stop` ends it in order and removes its folder; `output` is what it
 * has said so far.
 */
export async function startServer({ args = [], data, demo, port = 0 } = {}) {
  const listeners = ["--listen", `127.0.0.1:${port}`, "--mtls-listen", "127.0.0.1:0"];
  const server = await startProcess([...listeners, ...args], { data, demo });
  await untilReady(server);
  return server;
}

/** Runs `serve` with these words, as a demo unless told otherwise, until it prints its first address. */
export async function startProcess(args, { data, demo = true } = {}) {
  assert.ok(existsSync(BINARY), `${BINARY} is not built: cargo build -p hukumati`);
  const folder = data ?? (await mkdtemp(join(tmpdir(), "hukumati-journey-")));
  const words = ["serve", ...(demo ? ["--demo"] : []), "--data", folder, ...FREE_PORTS, ...args];
  const child = spawn(BINARY, words, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const output = [];
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const fail = (why) => new Error(`${why}; the server said:\n${output.join("\n")}`);
  createInterface({ input: child.stderr }).on("line", (line) => output.push(line));

  const origin = await Promise.race([
    new Promise((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        output.push(line);
        const address = /https?:\/\/(?:localhost|127\.0\.0\.1):[1-9]\d*/.exec(line);
        if (address) resolve(address[0]);
      });
    }),
    ended.then((status) => Promise.reject(fail(`the server ended with ${status}`))),
    wait(START_LIMIT_MS, undefined, { ref: false }).then(() => Promise.reject(fail("no address was printed"))),
  ]).catch((error) => {
    child.kill("SIGKILL");
    throw error;
  });

  const stop = async () => {
    child.kill("SIGTERM");
    const late = wait(STOP_LIMIT_MS, "late", { ref: false });
    if ((await Promise.race([ended, late])) === "late") {
      child.kill("SIGKILL");
      throw fail(`the server did not stop within ${STOP_LIMIT_MS} ms`);
    }
    if (!data) for (const made of [folder, `${folder}-keys`]) await rm(made, { recursive: true, force: true });
  };
  return { origin, folder, output, child, ended, stop, fail };
}

/** The address is printed when the port is bound; the first page may follow a moment later. */
async function untilReady(server) {
  const began = Date.now();
  for (;;) {
    const status = await fetch(`${server.origin}/`, { redirect: "manual" }).then(
      (response) => response.body?.cancel().then(() => response.status),
      () => 0,
    );
    if (status > 0 && status < 500) return;
    if (server.child.exitCode !== null || Date.now() - began > START_LIMIT_MS) {
      await server.stop().catch(() => {});
      throw server.fail(`the first page answers ${status || "nothing"}`);
    }
    await wait(50);
  }
}

/** The system's Chromium, headless. */
export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.HUKUMATI_TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: CHROMIUM_FLAGS,
    timeout: START_LIMIT_MS,
  });
}

/**
 * One server and one browser for all tests of a file. `world.server` and
 * `world.browser` are there when the tests run. `start` starts another server
 * than a demo in one process; `beside` starts what else the file needs, and gives
 * what stops it.
 */
export function useWorld({ start = startServer, beside, ...options } = {}) {
  const world = {};
  before(async () => {
    world.server = await start(options);
    world.browser = await openBrowser();
    world.beside = await beside?.(world);
  });
  after(async () => {
    await world.browser?.close();
    await world.beside?.stop();
    await world.server?.stop();
  });
  return world;
}

/**
 * A fresh visitor: no cookie, no cache. Problems that a person would not see
 * (a script that throws, a request that leaves this machine, a refused policy)
 * are collected in `problems`.
 */
export async function visit(world, { language, scripts = true, width = WIDTHS.phone, storageState, serviceWorkers = "allow" }) {
  const context = await world.browser.newContext({
    baseURL: world.server.origin,
    javaScriptEnabled: scripts,
    locale: language.tag,
    viewport: width,
    storageState,
    serviceWorkers,
  });
  context.setDefaultTimeout(STEP_LIMIT_MS);
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`a script failed: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) problems.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const own = ["localhost", "127.0.0.1"].includes(hostname);
    if (/^https?:$/.test(protocol) && !own) problems.push(`a request leaves this machine: ${request.url()}`);
  });
  const at = (path) => language.prefix + path || "/";
  return {
    page,
    context,
    problems,
    language,
    scripts,
    /** The address of a path in the visitor's language. */
    at,
    /** Goes to a path in the visitor's language; anything but 200 fails. */
    async go(path, status = 200) {
      const response = await page.goto(at(path));
      assert.equal(response.status(), status, `${at(path)} answers ${response.status()}`);
      return response;
    },
    close: () => context.close(),
  };
}

/**
 * Registers `walk` in every language with scripts on and off. `walk` gets the
 * visitor of `visit`; `world` is what `useWorld` gave.
 */
export function journey(world, name, walk, { width = WIDTHS.phone } = {}) {
  for (const language of LANGUAGES) {
    for (const scripts of [true, false]) {
      test(`${name} (${language.tag}, scripts ${scripts ? "on" : "off"})`, async () => {
        const visitor = await visit(world, { language, scripts, width });
        try {
          await walk(visitor);
          assert.deepEqual(visitor.problems, []);
        } catch (error) {
          await screenshot(visitor.page, `failed-${name}-${language.tag}-${scripts ? "on" : "off"}`).catch(() => {});
          throw error;
        } finally {
          await visitor.close();
        }
      });
    }
  }
}

/** Fails when axe finds anything against WCAG 2.2 AA or its best practices. */
export async function checkAccessible(page) {
  // Pages have no frames: axe runs in the page, without what looks into those.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const violations = await page.evaluate(async (values) => {
    // Of rules that hold, nobody wants to know where: only faults are described.
    const { violations } = await window.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ target }) => ({ target })) }));
  }, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]);
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((n) => n.target).join("\n    ")}`);
  assert.deepEqual(found, [], `axe finds faults on ${page.url()}`);
}

/** Fails when the page can be scrolled sideways. */
export async function checkFits(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) {
    const wide = await page.evaluate(() => [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth || one.getBoundingClientRect().left < 0).map((one) => one.outerHTML.slice(0, 120)));
    assert.fail(`${page.url()} is ${over} px wider than the window: ${wide.slice(0, 3).join(" ")}`);
  }
}

/** What a person meets on the way must fit and be accessible too; a browser without scripts cannot run axe. */
export async function inspect({ page, scripts }) {
  if (!scripts) return;
  await checkFits(page);
  await checkAccessible(page);
}

/** Fails when a state is told by colour alone: each has its word, and an icon beside it. */
export async function checkStates(page) {
  const bare = await page.evaluate(() => {
    const hasIcon = (tag) => getComputedStyle(tag, "::before").webkitMaskImage.startsWith("url(");
    return [...document.querySelectorAll(".tag.ok, .tag.late, .tag.soon, .promise b[class]")].filter((tag) => !tag.textContent.trim() || !hasIcon(tag)).map((tag) => tag.outerHTML);
  });
  assert.deepEqual(bare, [], `states without word and icon on ${page.url()}`);
}

/** Fails when the page cannot be used on the narrowest phone or a desktop: too wide, a state in colour alone, or axe finds something. */
export async function checkOnBoth(page, name) {
  for (const [device, width] of Object.entries(WIDTHS)) {
    await page.setViewportSize(width);
    await show(page, `${name}-${device}`);
    await checkFits(page);
    await checkStates(page);
    await checkAccessible(page);
  }
}

/** A picture to be looked at, when somebody wants to (HUKUMATI_SCREENS is set). */
export async function show(page, name) {
  if (process.env.HUKUMATI_SCREENS) await screenshot(page, name);
}

/** Puts the whole page as it looks into target/screens/<name>.png. */
export async function screenshot(page, name) {
  await mkdir(SCREENS, { recursive: true });
  const file = join(SCREENS, `${name.replace(/[^\p{Letter}\p{Number}]+/gu, "-")}.png`);
  await page.screenshot({ path: file, fullPage: true });
  return file;
}

/** How pages write an amount of shekels. */
export const shekels = ({ tag }, number) => `${number} ${tag === "ar" ? "شيكل" : "shekels"}`;

/** A text without the marks that isolate inserted names and numbers. */
export const plain = (text) => text.replace(/[\u2066-\u2069]/g, "").replace(/\s+/g, " ").trim();
