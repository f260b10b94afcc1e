// The samples of docs/integrate/sign-in.md, each registered and started as the
// guide says: a citizen signs in and is named, the portal's word ends the
// sample's session, and signing out at the sample ends the portal's.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { chmod, cp, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { LANGUAGES, ROOT, visit, useWorld } from "./harness.mjs";
import { PEOPLE, codeFor, person, sentTo, until } from "./people.mjs";

const world = useWorld();
const [, ENGLISH] = LANGUAGES;
const run = promisify(execFile);
const SAMPLE_LIMIT_MS = 30_000;

/** How each is started in its folder; one person each, who may sign in five times a minute. */
const SAMPLES = {
  python: {
    name: "salma",
    command: () => [process.env.HUKUMATI_TEST_SAMPLE_PYTHON ?? "python3", "app.py"],
  },
  php: {
    name: "samir",
    command: (folder) => ["/usr/sbin/apache2", "-d", folder, "-f", "apache.conf", "-DFOREGROUND"],
  },
  java: {
    name: "amal",
    command: () => ["java", "-cp", join(process.env.HUKUMATI_TEST_SAMPLE_JARS ?? "target/dependency", "*"), "Sample.java"],
  },
};

/** A port that nobody listens on. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Registers a sample in a copy of its folder and starts it there; `stop` ends both. */
async function startSample(sample) {
  const folder = await mkdtemp(join(tmpdir(), `hukumati-sample-${sample}-`));
  await cp(join(ROOT, "samples", sample), folder, { recursive: true });
  // An Apache that root starts serves pages as somebody else.
  await chmod(folder, 0o755);
  const env = { ...process.env, ISSUER: world.server.origin, PORT: await freePort() };
  await run(join(ROOT, "samples/register"), [sample, folder], { env });
  for (const line of (await readFile(join(folder, "client.env"), "utf8")).trim().split("\n")) {
    const [name, value] = line.split(/=(.*)/s);
    env[name] = value;
  }
  const [program, ...words] = SAMPLES[sample].command(folder);
  // A file: Apache opens its standard error by name, and a pipe of Node's has none.
  const log = join(folder, "sample.log");
  const said = await open(log, "w");
  // A process group of its own: an Apache that ends, ends all of its group.
  const child = spawn(program, words, { cwd: folder, env, detached: true, stdio: ["ignore", said.fd, said.fd] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  await said.close();
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const answers = async () => {
    assert.equal(child.exitCode, null, `the sample ended and said:\n${await readFile(log, "utf8")}`);
    return fetch(env.ORIGIN).then((answer) => answer.ok, () => false);
  };
  await until("the sample's page", answers, SAMPLE_LIMIT_MS).catch(async (error) => {
    await stop();
    throw error;
  });
  return { origin: env.ORIGIN, stop, output: () => readFile(log, "utf8") };
}

/** Signs the person in by the sample's link; ends on the sample's page. */
async function signInBy(page, origin, who) {
  const before = (await sentTo(world, who.phone)).length;
  await page.goto(origin);
  await page.click("#sign-in");
  await page.fill("#id-number", who.idNumber);
  await page.fill("#password", who.password);
  await page.click("#continue");
  await page.fill("#code", await codeFor(world, who.phone, before));
  await page.click("#continue");
}

for (const [sample, { name }] of Object.entries(SAMPLES)) {
  test(`${sample}: a citizen signs in, and signs out on either side`, async (t) => {
    const { origin, stop, output } = await startSample(sample);
    t.after(stop);
    const visitor = await visit(world, { language: ENGLISH, scripts: false });
    t.after(() => visitor.close());
    const { page } = visitor;
    try {
      const who = await person(world, PEOPLE[name].password);
      await signInBy(page, origin, who);
      await page.click("#allow");
      await page.waitForSelector("#name");
      assert.equal(new URL(page.url()).href, `${origin}/`);
      assert.match(await page.textContent("#name"), /^\p{Script=Arabic}+( \p{Script=Arabic}+)+$/u);
      assert.equal(await page.textContent("#acr"), "substantial");

      // Signed out at the portal: only the back channel can tell the sample.
      await page.goto(`${world.server.origin}/en/oauth2/end-session`);
      await page.click("#sign-out");
      await page.waitForSelector("#home");
      await until("the word that the session ended", async () => {
        await page.goto(origin);
        return page.locator("#sign-in").count();
      });

      // Signed out at the sample: the portal's session ends with it.
      await signInBy(page, origin, who);
      await page.waitForSelector("#sign-out");
      await page.click("#sign-out");
      await page.waitForSelector("#sign-in");
      assert.equal(new URL(page.url()).origin, origin);
      await page.click("#sign-in");
      await page.waitForSelector("#id-number");
      assert.deepEqual(visitor.problems, []);
    } catch (error) {
      throw new Error(`${error.message}\nat ${page.url()}; the sample said:\n${await output()}`, { cause: error });
    }
  });
}
