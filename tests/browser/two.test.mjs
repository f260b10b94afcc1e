// The portal and the provider that signs people in as two processes on one
// PostgreSQL, behind one address: the walk is the same.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { walkExtract } from "./extract.mjs";
import { LANGUAGES, journey, startProcess, useWorld, visit } from "./harness.mjs";
import { signIn, until } from "./people.mjs";

/** What the portal's process does: all but signing people in. */
const PORTAL = "audit,notify,ledger,exchange,ca,interop,sign-in,documents,payments,services,portal,sandbox";
/** The provider's paths, in any language. */
const PROVIDER = /^(\/en)?\/(oauth2|account|\.well-known)(\/|$)/;

/** Four walks sign one person in: their telephone may get a code each time, as in every demo. */
const PATIENT = "[identity.limits]\nsms_pause_seconds = 0\nsms_per_hour = 600\nsms_per_day = 600\n";

/** A fresh schema of the test cluster. */
async function database() {
  const cluster = process.env.HUKUMATI_TEST_POSTGRES;
  const schema = `two_${process.pid}`;
  await promisify(execFile)("psql", [cluster, "--quiet", "--command", `DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}`]);
  return `${cluster}${cluster.includes("?") ? "&" : "?"}options=-c%20search_path%3D${schema}`;
}

/** One address for several processes, as a ministry's proxy gives it. */
async function proxy(processes) {
  const server = createServer((asked, answer) => {
    const { hostname, port } = new URL((PROVIDER.test(asked.url) ? processes.provider : processes.portal).origin);
    const passed = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers }, (given) => {
      answer.writeHead(given.statusCode, given.headers);
      given.pipe(answer);
    });
    passed.on("error", () => answer.writeHead(502).end());
    asked.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A start that fails must not wait for it.
  server.unref();
  return { server, origin: `http://localhost:${server.address().port}` };
}

async function startTwo() {
  const data = await mkdtemp(join(tmpdir(), "hukumati-two-"));
  const processes = {};
  const { server, origin } = await proxy(processes);
  const configured = async (name, text) => {
    const file = join(data, "..", `${data.split("/").pop()}-${name}.toml`);
    await writeFile(file, `[web]\norigin = "${origin}"\n${text}`);
    return file;
  };
  const url = await database();
  const start = (role, config, port) =>
    startProcess(["--listen", `127.0.0.1:${port}`, "--mtls-listen", "127.0.0.1:0", "--database", url, "--only", role, "--config", config], { data });
  const port = await freePort();
  const files = [await configured("provider", PATIENT), await configured("portal", `[identity]\nreach = "http://127.0.0.1:${port}"\n`)];
  processes.portal = await start(PORTAL, files[1], 0);
  processes.provider = await start("identity", files[0], port);
  return {
    origin,
    folder: data,
    async stop() {
      server.close();
      server.closeAllConnections();
      await processes.provider.stop();
      await processes.portal.stop();
      for (const path of [data, `${data}-keys`, ...files]) await rm(path, { recursive: true, force: true });
    },
  };
}

/** A port that nobody has now. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const world = useWorld({ start: startTwo });

journey(world, "the family extract, with the provider as a process of its own", (visitor) => walkExtract(world, visitor));

test("the page of one's own account is the provider's, and knows the portal's session", async () => {
  const visitor = await visit(world, { language: LANGUAGES[0] });
  await signIn(world, visitor, "samir", "/account");
  await visitor.page.waitForSelector("#sessions .tag.ok");
  await visitor.page.click("#disown");
  await visitor.page.waitForSelector("#enter-again");
  // The portal's process remembers a session for less than a second.
  await until("the sign-in", async () => {
    await visitor.page.goto(visitor.at("/cases"));
    return visitor.page.locator("#id-number").count();
  }, 5_000);
  await visitor.close();
});
