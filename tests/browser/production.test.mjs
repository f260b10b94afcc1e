// A production start: services are put up, and offered only once four officers of four
// bodies have signed what they saw, on the desk's pages. What was signed is kept through
// restarts, to the byte; an altered folder is not offered, and a version waits for its day.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { BINARY, LANGUAGES, ROOT, WIDTHS, checkOnBoth, openBrowser, plain, startServer, visit } from "./harness.mjs";
import { until } from "./people.mjs";

const run = promisify(execFile);
const KEY = "moi.family.extract";
const [, ENGLISH] = LANGUAGES;

/** Who signs: the body, its officer's role and unit. */
const SIGNERS = [
  ["provider", "supervisor", "moi"],
  ["finance", "business-operator", "mof"],
  ["interior", "authentication-officer", "moi"],
  ["quality", "quality", "cabinet"],
];

const world = {};
/** A window for each officer, who stays signed in through restarts. */
const desks = {};

before(async () => {
  world.home = await mkdtemp(join(tmpdir(), "hukumati-production-"));
  world.data = join(world.home, "data");
  world.services = join(world.home, "services");
  world.port = await freePort();
  await cp(join(ROOT, "services"), world.services, { recursive: true });
  await run(BINARY, ["init", "--data", world.data]);
  world.officers = {};
  for (const [name, role, unit] of SIGNERS) world.officers[name] = await addOfficer(name, role, unit);
  world.browser = await openBrowser();
  await serve();
});

after(async () => {
  await world.browser?.close();
  await world.server?.stop();
  await rm(world.home, { recursive: true, force: true });
});

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Puts an officer there; gives what is printed once. */
async function addOfficer(name, role, unit) {
  const words = ["officer", "add", "--data", world.data, "--username", name, "--roles", role, "--unit", unit];
  const { stdout } = await run(BINARY, [...words, "--name-ar", "موظف", "--name-en", `Officer ${name}`]);
  return { username: name, password: /password +(\S+)/.exec(stdout)[1], secret: /secret=([A-Z2-7]+)/.exec(stdout)[1] };
}

/** Starts, or starts again, where people and cookies find it. */
async function serve() {
  await world.server?.stop();
  const args = ["--services", world.services];
  world.server = await startServer({ args, data: world.data, demo: false, port: world.port });
}

/** What a device shows now (RFC 6238, SHA-1, six digits, 30 seconds). */
function codeNow(secret) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((octet) => Number.parseInt(octet, 2)));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(time).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** The officer's window, at a path. */
async function desk(body, path) {
  if (!desks[body]) {
    const { username, password, secret } = world.officers[body];
    const visitor = await visit(world, { language: ENGLISH, width: WIDTHS.desktop });
    const { page, at } = visitor;
    await page.goto(at("/desk/sign-in"));
    await page.fill("#username", username);
    await page.fill("#password", password);
    await page.fill("#code", codeNow(secret));
    await page.click("#continue");
    await page.waitForSelector("#leave");
    desks[body] = visitor;
  }
  await desks[body].go(path);
  return desks[body];
}

/** Four officers sign a version, one after another; nobody signs twice. */
async function signAll(version) {
  for (const [at, [body]] of SIGNERS.entries()) {
    const { page, go } = await desk(body, "/desk/services");
    const line = page.locator("#versions tr", { has: page.locator(`a[href$="/${KEY}/${version}"]`) });
    assert.ok(plain(await line.textContent()).includes(`${at}/4`), `${at} have signed`);
    await line.locator("a").click();
    await page.click(`#sign-${body}`);
    await page.waitForSelector(`#sign-${body}`, { state: "detached" });
    await go(`/desk/services/${KEY}/${version}`);
    assert.equal(await page.locator("button[id^=sign-]").count(), 0, "an officer signs for one body");
  }
}

const status = async (path) => (await fetch(world.server.origin + path, { redirect: "manual" })).status;

/** The promise that the service's page gives; nothing where the service is not offered. */
async function promised() {
  const answer = await fetch(`${world.server.origin}/en/services/${KEY}`);
  return answer.status === 200 ? /PROMISE [A-Z]+/.exec(await answer.text())?.[0] ?? "as it was" : undefined;
}

/** Saves the folder anew: its number, its promise, and the day on which it begins. */
async function save(version, promise, day) {
  const file = join(world.services, KEY, "service.toml");
  const text = await readFile(join(ROOT, "services", KEY, "service.toml"), "utf8");
  const begins = day ? `\ntakes_effect = "${day}"` : "";
  await writeFile(file, text.replace(/^version = 1$/m, `version = ${version}${begins}`));
  for (const { tag } of LANGUAGES) {
    const words = await readFile(join(ROOT, "services", KEY, `${tag}.ftl`), "utf8");
    await writeFile(join(world.services, KEY, `${tag}.ftl`), words.replace(/^promise = .*$/m, `promise = PROMISE ${promise}`));
  }
}

const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
const warned = () => world.server.output.some((line) => line.includes(`${KEY}, version 1`) && line.includes("is not offered"));

/** Each page in both languages, on a phone and a desktop. */
async function look(body, path, name) {
  const { page, context } = await desk(body, path);
  for (const language of LANGUAGES) {
    await page.goto(language.prefix + path);
    assert.equal(await page.getAttribute("html", "dir"), language.direction);
    await checkOnBoth(page, `production-${name}-${language.tag}`);
  }
  await page.setViewportSize(WIDTHS.desktop);
  return context;
}

test("nothing is offered that nobody signed, and four officers bring a service into force", async () => {
  assert.equal(await promised(), undefined);
  assert.equal(await status("/en"), 200);
  await look("provider", "/desk/services", "waiting");
  await look("finance", `/desk/services/${KEY}/1`, "to-sign");
  await signAll(1);
  await until("the signed version", async () => (await promised()) === "as it was");
  assert.equal(await status("/en/services/moi.birth.copy"), 404, "another service waits on");
  await look("quality", `/desk/services/${KEY}/1`, "signed");
  await serve();
  assert.equal(await promised(), "as it was", "a restart keeps it");
});

test("a folder that was altered under its number is not offered, and the log says so", async () => {
  assert.ok(!warned());
  await save(1, "ALTERED");
  await serve();
  assert.equal(await promised(), "as it was");
  assert.ok(warned(), world.server.output.join("\n"));
});

test("a version of a later day waits for it, though all have signed", async () => {
  await save(2, "LATER", day(7));
  await serve();
  await signAll(2);
  // What is in force is read again at a start: nothing is left to wait for.
  await serve();
  assert.equal(await promised(), "as it was");
  const { page } = await desk("quality", `/desk/services/${KEY}/2`);
  const [year] = day(7).split("-");
  assert.ok(plain(await page.textContent("main")).includes(year));
});

test("a version whose day is past is in force from the last signature on", async () => {
  await save(3, "NOW", day(-7));
  await serve();
  assert.equal(await promised(), "as it was");
  await signAll(3);
  await until("the third version", async () => (await promised()) === "PROMISE NOW");
  await serve();
  assert.equal(await promised(), "PROMISE NOW");
});

test("a version that is sent back with a reason never comes into force", async () => {
  await save(4, "NEVER");
  await serve();
  const { page } = await desk("interior", `/desk/services/${KEY}/4`);
  await page.fill("#reason-interior", "The promise is too short.");
  await page.click("#return-interior");
  await page.waitForSelector("#return-interior", { state: "detached" });
  await look("provider", `/desk/services/${KEY}/4`, "returned");
  const seen = plain(await (await desk("provider", `/desk/services/${KEY}/4`)).page.textContent("main"));
  assert.ok(seen.includes("The promise is too short."), seen);
  assert.equal(await desks.provider.page.locator("button[id^=sign-]").count(), 0);
  await serve();
  assert.equal(await promised(), "PROMISE NOW");
  for (const visitor of Object.values(desks)) assert.deepEqual(visitor.problems, []);
});
