// Two authentication officers register a client, and a citizen signs in to it with
// an OpenID Connect library that others wrote. Then an account is locked and
// unlocked, and the person reads who looked; and an officer who lost everything
// comes in again.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before } from "node:test";

import * as jose from "jose";
import * as client from "openid-client";

import { inspect, journey, plain, useWorld, visit } from "./harness.mjs";
import { PEOPLE, appCode, atDesk, codeFor, person, sentTo, signIn, until } from "./people.mjs";

const world = useWorld();
const [FIRST, SECOND] = ["authentication", "authentication2"];

/** The ministry's own page, where answers arrive. */
const ministry = { arrived: [] };

before(async () => {
  const server = createServer((request, response) => {
    const url = new URL(request.url, ministry.origin);
    if (url.pathname === "/callback" && request.method === "GET") ministry.arrived.push(url);
    response.setHeader("content-type", "text/html").end('<!doctype html><title>Ministry</title><h1 id="ministry">Ministry</h1>');
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  ministry.origin = `http://127.0.0.1:${server.address().port}`;
  ministry.close = () => new Promise((resolve) => server.close(resolve));
});

after(() => ministry.close());

/** The first officer fills in the form; gives the proposal's path without its language. */
async function proposeClient({ page, go }, id, jwks, redirect) {
  await go("/desk/identity/clients/new");
  await page.fill("#client_id", id);
  await page.fill("#client_name", "وزارة الاختبار");
  await page.fill("#client_name-en", "Ministry of Samples");
  await page.fill("#sector", "samples");
  await page.selectOption("#preset", "standard");
  await page.fill("#redirect_uris", redirect);
  await page.fill("#jwks", JSON.stringify(jwks));
  await page.click("#propose");
  await page.waitForSelector("#summary, #own");
  return new URL(page.url()).pathname.replace(/^\/en/, "");
}

/** Another officer agrees. */
async function approve(visitor, proposal) {
  await atDesk(world, visitor, SECOND, proposal, async (desk) => {
    await inspect(desk);
    await desk.page.click("#approve");
    await desk.page.waitForSelector("#approve", { state: "detached" });
    await inspect(desk);
    await desk.go("/desk/identity/proposals");
    assert.equal(await desk.page.locator("#no-proposals").count(), 1);
    await inspect(desk);
  });
}

/** Signs in at the address of a library, in a window of its own, and gives the address that came back. */
async function signInAt(visitor, address) {
  const other = await visit(world, visitor);
  try {
    const who = await person(world, PEOPLE.salma.password);
    const sent = (await sentTo(world, who.phone)).length;
    await other.page.goto(address.href);
    await other.page.fill("#id-number", who.idNumber);
    await other.page.fill("#password", who.password);
    await other.page.click("#continue");
    await other.page.fill("#code", await codeFor(world, who.phone, sent));
    await other.page.click("#continue");
    await other.page.click("#allow");
    await other.page.waitForSelector("#ministry");
    return ministry.arrived.at(-1);
  } finally {
    await other.close();
  }
}

journey(world, "two officers register a client, and a citizen signs in to it", async (visitor) => {
  const { language, scripts } = visitor;
  const id = `samples-${language.tag}-${scripts ? "on" : "off"}`;
  const keys = await jose.generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await jose.exportJWK(keys.publicKey)), kid: "ministry", use: "sig", alg: "ES256" };
  const callback = `${ministry.origin}/callback`;
  let proposal;
  await atDesk(world, visitor, FIRST, "/desk/identity", async (desk) => {
    await desk.page.click("#to-clients");
    await inspect(desk);
    // An address that is not HTTPS is named by its parameter, and nothing typed is lost.
    await proposeClient(desk, id, { keys: [jwk] }, "http://samples.example/");
    assert.match(plain(await desk.page.textContent("#summary")), /redirect_uris/);
    assert.equal(await desk.page.inputValue("#client_id"), id);
    await inspect(desk);
    proposal = await proposeClient(desk, id, { keys: [jwk] }, callback);
    assert.equal(await desk.page.locator("#approve").count(), 0, "nobody approves their own");
    await inspect(desk);
  });
  await approve(visitor, proposal);

  const proof = client.PrivateKeyJwt({ key: keys.privateKey, kid: "ministry" });
  const config = await client.discovery(new URL(world.server.origin), id, { id_token_signed_response_alg: "ES256" }, proof, {
    execute: [client.allowInsecureRequests],
  });
  const verifier = client.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce(), idTokenExpected: true };
  const parameters = {
    redirect_uri: callback,
    scope: "openid profile",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    acr_values: "substantial",
    ui_locales: language.tag,
  };
  const address = client.buildAuthorizationUrl(config, parameters);
  const tokens = await client.authorizationCodeGrant(config, await signInAt(visitor, address), checks);
  assert.equal(tokens.claims().aud, id);

  await atDesk(world, visitor, FIRST, `/desk/identity/clients/${id}`, async (desk) => {
    assert.match(await desk.page.textContent("#keys"), /ministry/);
    await inspect(desk);
    await desk.page.fill("#reason", "اختبار الإيقاف");
    await desk.page.click("#suspend");
    await desk.page.waitForSelector("#client[data-stage=suspended]");
    await inspect(desk);
  });
  // It is over at once: for the tokens that there are, and for new sign-ins.
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
  assert.equal((await fetch(address)).status, 400);
});

journey(world, "an account is locked by one officer and unlocked by two, and its person sees who looked", async (visitor) => {
  const { page, at } = visitor;
  // Its sessions end here: nobody else of this file has one of them.
  const who = await signIn(world, visitor, "samir");
  await page.waitForSelector("#leave");
  const sent = (await sentTo(world, who.phone)).length;
  let account;
  let proposal;
  await atDesk(world, visitor, FIRST, "/desk/identity/accounts", async (desk) => {
    await inspect(desk);
    await desk.page.fill("#id-number", "12345");
    await desk.page.click("#find");
    await desk.page.waitForSelector("#id-number-error");
    await inspect(desk);
    await desk.page.fill("#id-number", who.idNumber);
    await desk.page.click("#find");
    await desk.page.waitForSelector("#account[data-stage=open]");
    account = new URL(desk.page.url()).pathname.replace(/^\/en/, "");
    assert.ok(!account.includes(who.idNumber));
    await inspect(desk);
  });
  await page.goto(at("/looks"));
  assert.match(plain(await page.textContent("main")), visitor.language.tag === "ar" ? /رعاية الحسابات/ : /Looking after accounts/);
  await inspect(visitor);
  await atDesk(world, visitor, FIRST, account, async (desk) => {
    await desk.page.fill("#reason", "فقدان الهاتف");
    await desk.page.click("#lock");
    await desk.page.waitForSelector("#account[data-stage=locked]");
    await inspect(desk);
    await desk.page.fill("#reason", "عاد الهاتف");
    await desk.page.click("#unlock");
    await desk.page.waitForSelector("#own");
    proposal = new URL(desk.page.url()).pathname.replace(/^\/en/, "");
  });
  await until("the end of the session", async () => {
    await page.goto(at("/cases"));
    return (await page.locator("#leave").count()) === 0;
  });
  await until("the message", async () => (await sentTo(world, who.phone)).length > sent);
  await approve(visitor, proposal);
  await atDesk(world, visitor, SECOND, account, async (desk) => {
    await desk.page.waitForSelector("#account[data-stage=open]");
  });
});

/** One for each visitor: a name is typed five times a minute at most. */
const LOST = ["passports", "civil-affairs", "civil.nablus", "record.appeals"];

journey(world, "an officer who lost every way in comes in again by two others", async (visitor) => {
  const { page, at } = visitor;
  const lost = LOST.pop();
  let proposal;
  const halves = [];
  const read = async (desk) => {
    await desk.page.waitForSelector("#half");
    await inspect(desk);
    halves.push((await desk.page.textContent("#half .big")).trim());
  };
  await atDesk(world, visitor, FIRST, "/desk/identity/officers", async (desk) => {
    await desk.page.fill("#username", "nobody.known");
    await desk.page.fill("#reason", "فقدان الهاتف والمفتاح");
    await desk.page.click("#readmit");
    await desk.page.waitForSelector("#username-error");
    await inspect(desk);
    await desk.page.fill("#username", lost);
    await desk.page.click("#readmit");
    await desk.page.waitForSelector("#own");
    proposal = new URL(desk.page.url()).pathname.replace(/^\/en/, "");
  });
  await atDesk(world, visitor, SECOND, proposal, async (desk) => {
    await desk.page.click("#approve");
    await read(desk);
  });
  await atDesk(world, visitor, FIRST, proposal, read);
  await page.goto(at("/desk/sign-in"));
  await page.click("#readmission");
  await page.fill("#username", lost);
  await page.fill("#first", halves[0]);
  await page.fill("#second", halves[0]);
  await page.click("#continue");
  await page.waitForSelector("#readmission-error");
  await inspect(visitor);
  await page.fill("#first", halves[0]);
  await page.fill("#second", halves[1]);
  await page.click("#continue");
  await page.waitForSelector("#secret");
  await inspect(visitor);
  const password = "a-mill-beside-the-old-spring";
  await page.fill("#new-password", password);
  await page.fill("#again-password", password);
  const secret = await page.textContent("#secret");
  const shown = appCode(secret);
  await page.fill("#code", shown);
  await page.click("#set");
  await page.waitForSelector("#password");
  // The code that confirmed the app signs nobody in: the next one does.
  await page.fill("#username", lost);
  await page.fill("#password", password);
  await page.fill("#code", appCode(secret, 1));
  await page.click("#continue");
  await page.waitForSelector("#leave");
});
