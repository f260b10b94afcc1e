// The driver of the official suite against a small suite of ours that speaks its
// REST interface, and against the demo's provider: what is sent, what is waited
// for, what is printed. What the plan's browser is told to press is on our pages.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { ROOT } from "../browser/harness.mjs";
import { PEOPLE, person } from "../browser/people.mjs";
import { Browser } from "./browser.mjs";
import { Party } from "./party.mjs";
import { useProvider } from "./world.mjs";

const world = useProvider();

const MODULES = {
  "oidcc-config-certification-test-plan": [["oidcc-discovery-endpoint-verification", "PASSED"]],
  "oidcc-basic-certification-test-plan": [["oidcc-server", "PASSED"], ["oidcc-scope-email", "SKIPPED"], ["oidcc-scope-profile", "WARNING"], ["oidcc-prompt-login", "REVIEW"]],
  "fapi2-security-profile-final-test-plan": [["fapi2-security-profile-final-happy-flow", "PASSED"], ["fapi2-security-profile-final-refresh-token", "FAILED"], ["fapi2-security-profile-final-dpop-negative-tests", "INTERRUPTED"], ["fapi2-security-profile-final-user-rejects-authentication", "WAITING"]],
};

/** A conformance suite without tests: each module comes to its end in three looks. */
const suite = { plans: [], tests: new Map(), started: [], tokens: new Set() };

const handlers = {
  "POST /api/plan": (query, body) => {
    const planName = query.get("planName");
    suite.plans.push({ planName, variant: JSON.parse(query.get("variant")), configuration: body });
    const modules = MODULES[planName].map(([testModule]) => ({ testModule, variant: { response_mode: "default" } }));
    return [201, { id: planName, name: planName, modules }];
  },
  "POST /api/runner": (query) => {
    const [module, result] = MODULES[query.get("plan")].find(([module]) => module === query.get("test"));
    assert.deepEqual(JSON.parse(query.get("variant")), { response_mode: "default" });
    suite.tests.set(module, { result, looks: 0 });
    return [201, { id: module, name: module }];
  },
  "POST /api/runner/:id": (query, body, id) => {
    suite.started.push(id);
    return [200, {}];
  },
  "GET /api/info/:id": (query, body, id) => {
    const there = suite.tests.get(id);
    there.looks += 1;
    if (there.result === "INTERRUPTED" && there.looks > 1) return [200, { status: "INTERRUPTED" }];
    if (there.result === "WAITING") return [200, { status: "WAITING" }];
    const status = ["CONFIGURED", "RUNNING", "FINISHED"][Math.min(there.looks, 3) - 1];
    return [200, { status, result: status === "FINISHED" ? there.result : null }];
  },
  "GET /api/log/:id": () => [200, [{ src: "CheckSomething", msg: "it holds", result: "SUCCESS" }, { src: "CheckAnother", msg: "it does not hold", result: "FAILURE" }]],
  "GET /api/plan/exporthtml/:id": () => [200, Buffer.from("PK\u0003\u0004 results")],
};

before(async () => {
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const { pathname, searchParams } = new URL(request.url, "http://suite");
    suite.tokens.add(request.headers.authorization);
    const own = `${request.method} ${pathname}`;
    const [, start, id] = /^(.*)\/([^/]+)$/.exec(own);
    const handler = handlers[own] ?? handlers[`${start}/:id`];
    const [status, answer] = handler ? handler(searchParams, body && JSON.parse(body), id) : [404, {}];
    response.writeHead(status).end(Buffer.isBuffer(answer) ? answer : JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  suite.origin = `http://127.0.0.1:${server.address().port}`;
  suite.close = () => new Promise((resolve) => server.close(resolve));
  suite.out = await mkdtemp(join(tmpdir(), "hukumati-driver-"));
});

after(async () => {
  await suite.close?.();
  await rm(suite.out, { recursive: true, force: true });
});

/** Runs the driver's one command. */
async function drive(...more) {
  const places = ["--suite", suite.origin, "--provider", world.server.origin, "--out", suite.out, "--poll-ms", "5"];
  const child = spawn(process.execPath, [join(ROOT, "certification/run.mjs"), ...places, ...more], {
    env: { ...process.env, CONFORMANCE_TOKEN: "of-this-test" },
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => said.push(part));
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, said: Buffer.concat(said).toString() };
}

test("plans that pass: configured, followed to their end, exported", async () => {
  const { code, said } = await drive("--plan", "oidcc-config-certification-test-plan", "--plan", "oidcc-basic-certification-test-plan");
  assert.equal(code, 0, said);
  assert.match(said, /5 modules: 2 PASSED, 1 SKIPPED, 1 WARNING, 1 REVIEW\nverdict: passed/);
  assert.match(said, /WARNING +oidcc-scope-profile\n +failure CheckAnother: it does not hold/);
  assert.ok(suite.started.includes("oidcc-server"), "a test that waits to be begun is begun");
  assert.deepEqual([...suite.tokens], ["Bearer of-this-test"]);
  for (const plan of ["oidcc-config", "oidcc-basic"]) {
    const archive = await readFile(join(suite.out, `${plan}-certification-test-plan.zip`));
    assert.equal(archive.subarray(0, 2).toString(), "PK");
  }
  const { configuration, variant } = suite.plans.find(({ planName }) => planName.includes("basic"));
  assert.deepEqual(variant, { server_metadata: "discovery", client_registration: "static_client" });
  assert.equal(configuration.server.discoveryUrl, `${world.server.origin}/.well-known/openid-configuration`);
  const ids = ["client", "client2", "client_secret_post"].map((role) => configuration[role]);
  assert.ok(ids.every(({ client_id, client_secret }) => client_id && client_secret));
  assert.equal(new Set(ids.map(({ client_id }) => client_id)).size, 3);
  assert.doesNotMatch(JSON.stringify(configuration), /\{[a-z_.]+\}/, "every name is filled in");
});

test("a module that fails, one that breaks off, one that never ends", async () => {
  const { code, said } = await drive("--plan", "fapi2-security-profile-final-test-plan", "--limit-ms", "200");
  assert.equal(code, 1);
  for (const [result, module] of [["FAILED", "refresh-token"], ["INTERRUPTED", "dpop-negative-tests"], ["TIMEOUT", "user-rejects-authentication"]]) {
    assert.match(said, new RegExp(`${result} +fapi2-security-profile-final-${module}`));
  }
  assert.match(said, /verdict: failed/);
  const { client, client2, resource } = suite.plans.at(-1).configuration;
  assert.equal(resource.resourceUrl, `${world.server.origin}/oauth2/userinfo`);
  for (const { jwks, client_id, scope } of [client, client2]) {
    assert.ok(client_id && jwks.keys[0].d && jwks.keys[0].alg === "ES256");
    assert.equal(scope, "openid profile offline_access");
  }
  assert.notEqual(client.jwks.keys[0].d, client2.jwks.keys[0].d);
});

test("what errs is said in one line", async () => {
  const { code, said } = await drive("--plan", "no-such-plan");
  assert.equal(code, 1);
  assert.equal(said, "certification: plan.json has no no-such-plan\n");
});

/** The official browser's patterns: a star is anything, the rest is meant as it stands. */
function fits(pattern, address) {
  const [first, ...rest] = pattern.split("*");
  let at = address.startsWith(first) ? first.length : -1;
  for (const part of rest) {
    const found = at < 0 ? -1 : address.indexOf(part, at);
    at = found < 0 ? -1 : found + part.length;
  }
  return at >= 0 && (pattern.endsWith("*") || at === address.length);
}

test("the plan's browser finds on our pages what it presses", async () => {
  const plan = JSON.parse(await readFile(join(ROOT, "certification/plan.json"), "utf8"));
  for (const [role, name] of [["citizen", "salma"], ["refuser", "samir"]]) {
    const who = await person(world, PEOPLE[name].password);
    assert.deepEqual(plan.people[role], { id_number: who.idNumber, password: who.password });
  }
  const callback = `${suite.origin}/test/a/hukumati/callback`;
  const party = await Party.register(world, { token_endpoint_auth_method: "client_secret_basic", redirect_uris: [callback] }, { scope: "openid profile" });
  const at = (pattern) => pattern.replace("{provider}", world.server.origin).replace("{suite}", suite.origin);

  /** Does a task as the official browser does: fills in, presses, goes on. */
  async function work(browser, page, name) {
    const { match, optional, commands = [] } = plan.tasks[name];
    const address = (page.target ?? page.address).href;
    if (!fits(at(match), address)) {
      assert.ok(optional, `${name} is not at ${address}`);
      return page;
    }
    const values = {};
    let now = page;
    for (const [command, kind, id, value, pattern] of commands) {
      const there = kind === "id" ? now.has?.(id) : now.html.includes("<main");
      if (command === "text" && there) values[id] = value.replace(/\{(\w+)\.(\w+)\}/, (_, role, field) => plan.people[role][field]);
      if (command === "click" && there) now = await browser.submit(now, id, values);
      else if (command === "click") assert.ok(optional, `no #${id} for ${name}`);
      if (command === "wait") assert.ok(there && new RegExp(pattern).test(now.html), `nothing to take a picture of for ${name}`);
    }
    return now;
  }

  const follow = async (browser, page, names) => {
    let now = page;
    for (const name of names.filter((name) => !["complete", "left"].includes(name))) now = await work(browser, now, name);
    return now;
  };

  const open = async (browser, changes) => browser.go(party.address((await party.asking(changes)).parameters));
  const [flow] = plan.browser;
  for (const tasks of [flow.tasks, plan.override["oidcc-prompt-login"][0].tasks]) {
    const browser = new Browser(world);
    const came = await follow(browser, await open(browser, {}), tasks);
    assert.ok(came.answer?.has("code"));
    assert.ok(fits(at(plan.tasks.complete.match), came.target.href));
    const asks = await browser.go("/oauth2/end-session");
    const left = await follow(browser, asks, ["leave-picture", "leave", "leave-picture"]);
    assert.ok(!left.has("sign-out"));
  }
  const refuser = new Browser(world);
  const refused = await follow(refuser, await open(refuser, {}), plan.override["fapi2-security-profile-final-user-rejects-authentication"][0].tasks);
  assert.equal(refused.answer.get("error"), "access_denied");
  const bad = new Browser(world);
  await follow(bad, await open(bad, { redirect_uri: `${callback}/other` }), ["redirect-uri-error"]);
  await follow(bad, await open(bad, { request_uri: "urn:ietf:params:oauth:request_uri:unknown" }), ["request-uri-error"]);
});
