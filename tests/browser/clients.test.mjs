// A ministry's system signs people in with an OpenID Connect library that others
// wrote (openid-client, certified): it registers itself, signs in, refreshes,
// signs out, and hears that a session ended. FAPI 2.0, standard and legacy.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import * as jose from "jose";
import * as client from "openid-client";

import { LANGUAGES, checkOnBoth, visit, useWorld } from "./harness.mjs";
import { PEOPLE, codeFor, person, sentTo, until } from "./people.mjs";

const world = useWorld();
const [, ENGLISH] = LANGUAGES;

/** The ministry's own pages: where answers arrive, by address or by form. */
const ministry = { arrived: [], left: [] };

before(async () => {
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const url = new URL(request.url, ministry.origin);
    if (url.pathname === "/callback") {
      // openid-client reads the answer of a form from a request of the Fetch API.
      const form = request.method === "POST" && new Request(url, { method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded" } });
      ministry.arrived.push(form || url);
    }
    if (url.pathname === "/left") ministry.left.push(new URLSearchParams(body).get("logout_token"));
    response.setHeader("content-type", "text/html").end(`<!doctype html><title>Ministry</title><h1 id="ministry">${url.pathname}</h1>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  ministry.origin = `http://127.0.0.1:${server.address().port}`;
  ministry.close = () => new Promise((resolve) => server.close(resolve));
});

after(() => ministry.close());

/** Registers a client, the way a developer does; gives the library's configuration. */
async function register(metadata) {
  const keys = await jose.generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await jose.exportJWK(keys.publicKey)), kid: "ministry", use: "sig", alg: "ES256" };
  const answer = await fetch(`${world.server.origin}/demo/clients`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "Ministry of Health",
      redirect_uris: [`${ministry.origin}/callback`],
      post_logout_redirect_uris: [`${ministry.origin}/bye`],
      backchannel_logout_uri: `${ministry.origin}/left`,
      jwks: { keys: [jwk] },
      ...metadata,
    }),
  });
  const registered = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(registered));
  const proof = registered.client_secret
    ? client.ClientSecretBasic(registered.client_secret)
    : client.PrivateKeyJwt({ key: keys.privateKey, kid: "ministry" });
  const more = { id_token_signed_response_alg: metadata.id_token_signed_response_alg ?? "ES256" };
  const config = await client.discovery(new URL(world.server.origin), registered.client_id, more, proof, {
    execute: [client.allowInsecureRequests],
  });
  return { config, id: registered.client_id };
}

/** What the library asks for, and what it must find again in the answer. */
async function asking(more = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce(), idTokenExpected: true };
  const parameters = {
    redirect_uri: `${ministry.origin}/callback`,
    scope: "openid profile id_number offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    acr_values: "substantial",
    ui_locales: "en",
    ...more,
  };
  return { parameters, checks };
}

/** A citizen signs in at our pages and allows it; gives what arrived at the ministry. */
async function signInAt(address, { scripts = false, look = false, name = "salma" } = {}) {
  const visitor = await visit(world, { language: ENGLISH, scripts });
  const { page } = visitor;
  // Without its script the page that leads back stands still.
  if (look) await page.route("**/oauth2/form-post.js", (route) => route.abort());
  const who = await person(world, PEOPLE[name].password);
  const before = (await sentTo(world, who.phone)).length;
  const arrivals = ministry.arrived.length;
  await page.goto(address.href);
  await page.fill("#id-number", who.idNumber);
  await page.fill("#password", who.password);
  await page.click("#continue");
  await page.fill("#code", await codeFor(world, who.phone, before));
  await page.click("#continue");
  await page.click("#allow");
  if (look) await checkOnBoth(page, "clients-form-post");
  if ((look || !scripts) && (await page.locator("#back").count())) await page.click("#continue");
  await page.waitForSelector("#ministry");
  assert.equal(ministry.arrived.length, arrivals + 1);
  return { visitor, arrived: ministry.arrived.at(-1) };
}

test("FAPI 2.0: pushed, bound to a key, refreshed, told of the end", async () => {
  const { config, id } = await register({});
  const keys = await client.randomDPoPKeyPair("ES256");
  const DPoP = client.getDPoPHandle(config, keys);
  const { parameters, checks } = await asking();
  const address = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
  assert.deepEqual([...address.searchParams.keys()].sort(), ["client_id", "request_uri"]);
  const { visitor, arrived } = await signInAt(address);
  const tokens = await client.authorizationCodeGrant(config, arrived, checks, undefined, { DPoP });
  assert.equal(tokens.token_type, "dpop");
  const claims = tokens.claims();
  assert.equal(claims.acr, "substantial");
  assert.equal(claims.aud, id);
  const told = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
  assert.match(told.id_number, /^\d{9}$/);
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  assert.equal((await client.fetchUserInfo(config, renewed.access_token, claims.sub, { DPoP })).sub, claims.sub);
  // The token without its key is worth nothing.
  await assert.rejects(client.fetchUserInfo(config, renewed.access_token, claims.sub));
  const said = await client.tokenIntrospection(config, renewed.access_token);
  assert.equal(said.active, true);
  assert.equal(said.cnf.jkt, await jose.calculateJwkThumbprint(await jose.exportJWK(keys.publicKey)));

  const farewell = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: `${ministry.origin}/bye` });
  await visitor.page.goto(farewell.href);
  await visitor.page.waitForSelector("#ministry");
  const word = await until("the word that the session ended", async () => ministry.left.at(-1));
  const keySet = jose.createRemoteJWKSet(new URL(`${world.server.origin}/oauth2/jwks`));
  const { payload } = await jose.jwtVerify(word, keySet, { issuer: config.serverMetadata().issuer, audience: id, typ: "logout+jwt" });
  assert.equal(payload.sid, claims.sid);
  assert.equal(payload.sub, claims.sub);
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP }));
  await visitor.close();
});

for (const [how, kind] of Object.entries({ "scripts off": {}, "scripts on": { scripts: true }, "looked at": { scripts: true, look: true } })) {
  test(`standard, the answer by form, ${how}`, async () => {
    const { config } = await register({ preset: "standard", id_token_signed_response_alg: "RS256" });
    const { parameters, checks } = await asking({ response_mode: "form_post" });
    const { visitor, arrived } = await signInAt(client.buildAuthorizationUrl(config, parameters), kind);
    assert.ok(arrived instanceof Request);
    const tokens = await client.authorizationCodeGrant(config, arrived, checks);
    const first = tokens.refresh_token;
    const renewed = await client.refreshTokenGrant(config, first);
    assert.notEqual(renewed.refresh_token, first);
    // A used one that comes again ends the family.
    await assert.rejects(client.refreshTokenGrant(config, first));
    await assert.rejects(client.refreshTokenGrant(config, renewed.refresh_token));
    await visitor.close();
  });
}

test("legacy, with a secret that ends", async () => {
  const { config } = await register({ token_endpoint_auth_method: "client_secret_basic" });
  const { parameters, checks } = await asking();
  const { visitor, arrived } = await signInAt(client.buildAuthorizationUrl(config, parameters));
  const tokens = await client.authorizationCodeGrant(config, arrived, checks);
  await client.tokenRevocation(config, tokens.access_token);
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false);
  await visitor.close();
});

test("this was not me: everything is over everywhere within five seconds", async () => {
  const { config } = await register({ preset: "standard" });
  const { parameters, checks } = await asking();
  const { visitor, arrived } = await signInAt(client.buildAuthorizationUrl(config, parameters), { scripts: true, name: "samir" });
  const tokens = await client.authorizationCodeGrant(config, arrived, checks);
  const { page } = visitor;
  await page.goto("/en/sign-in?return=%2Fen%2Faccount");
  await page.waitForSelector("#sessions");
  assert.match(await page.textContent("#sessions"), /Chrome · Linux.*this device.*Ministry of Health/s);
  assert.match(await page.textContent("#allowed"), /Ministry of Health/);
  const told = ministry.left.length;
  const pressed = Date.now();
  await page.click("#disown");
  await page.waitForSelector("#enter-again");
  await until("the word that the session ended", async () => ministry.left.length > told);
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
  assert.ok(Date.now() - pressed < 5_000, `it took ${Date.now() - pressed} ms`);
  await page.click("#enter-again");
  await page.waitForSelector("#id-number");
  await visitor.close();
});

test("a system's own token", async () => {
  const { config, id } = await register({ redirect_uris: [], preset: "standard", grant_types: ["client_credentials"], scope: "beds:read" });
  const tokens = await client.clientCredentialsGrant(config, { scope: "beds:read" });
  assert.equal(tokens.scope, "beds:read");
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).sub, id);
  await assert.rejects(client.clientCredentialsGrant(config, { scope: "beds:write" }));
});

/** The page in each language, and back to English. */
async function lookAt(page, name) {
  const { pathname, search } = new URL(page.url());
  for (const { prefix, tag } of LANGUAGES) {
    await page.goto(pathname.replace(/^\/en/, prefix) + search);
    await checkOnBoth(page, `${name}-${tag}`);
  }
}

// A name may sign in five times a minute: others than above.
for (const [preset, scripts] of [["fapi2", false], ["standard", true]]) {
  test(`a device without a browser, ${preset}, scripts ${scripts ? "on" : "off"}`, async () => {
    const { config } = await register({ preset, redirect_uris: [], grant_types: ["urn:ietf:params:oauth:grant-type:device_code"] });
    const options = preset === "fapi2" ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) } : {};
    const scope = "openid profile id_number offline_access";
    const begun = await client.initiateDeviceAuthorization(config, { scope, ui_locales: "en", acr_values: "substantial" });
    assert.match(begun.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.equal(begun.verification_uri, `${world.server.origin}/en/device`);
    const polled = client.pollDeviceAuthorizationGrant(config, begun, undefined, options);

    // Meanwhile, on somebody's own telephone.
    const visitor = await visit(world, { language: ENGLISH, scripts });
    const { page } = visitor;
    const who = await person(world, PEOPLE.amal.password);
    const before = (await sentTo(world, who.phone)).length;
    await page.goto(begun.verification_uri_complete);
    await page.fill("#id-number", who.idNumber);
    await page.fill("#password", who.password);
    await page.click("#continue");
    await page.fill("#code", await codeFor(world, who.phone, before));
    await page.click("#continue");
    assert.equal(await page.inputValue("#user-code"), begun.user_code);
    if (scripts) await lookAt(page, "device");
    await page.fill("#user-code", begun.user_code.toLowerCase().replace("-", ""));
    await page.click("#continue");
    assert.match(await page.textContent("#told"), /name.*ID number/s);
    if (scripts) await lookAt(page, "device-asks");
    await page.click("#allow");
    await page.waitForSelector("#allowed");
    if (scripts) await lookAt(page, "device-allowed");

    const tokens = await polled;
    const claims = tokens.claims();
    assert.equal(claims.acr, "substantial");
    const told = await client.fetchUserInfo(config, tokens.access_token, claims.sub, options);
    assert.equal(told.id_number, who.idNumber);
    await client.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
    await visitor.close();
  });
}

test("a device whose code is refused hears so", async () => {
  const { config } = await register({ preset: "standard", redirect_uris: [], grant_types: ["urn:ietf:params:oauth:grant-type:device_code"] });
  const begun = await client.initiateDeviceAuthorization(config, { scope: "openid" });
  const polled = assert.rejects(client.pollDeviceAuthorizationGrant(config, begun), { error: "access_denied" });
  const visitor = await visit(world, { language: ENGLISH, scripts: true });
  const { page } = visitor;
  const who = await person(world, PEOPLE.samir.password);
  await page.goto("/en/device");
  await page.fill("#id-number", who.idNumber);
  await page.fill("#password", who.password);
  await page.click("#continue");
  await page.click("#skip");
  await page.fill("#user-code", "BBBB-BBBB");
  await page.click("#continue");
  assert.match(await page.textContent("#user-code-error"), /does not hold/);
  await checkOnBoth(page, "device-wrong");
  // More is asked for than was shown, or than the account has.
  for (const [state, more] of Object.entries({
    "step-up": { acr_values: "substantial" },
    unmet: { claims: JSON.stringify({ id_token: { acr: { essential: true, value: "high" } } }) },
  })) {
    const asking = await client.initiateDeviceAuthorization(config, { scope: "openid", ...more });
    await page.goto("/en/device");
    await page.fill("#user-code", asking.user_code);
    await page.click("#continue");
    await page.waitForSelector(`#${state}`);
    assert.equal(await page.locator("#allow").count(), 0);
    await lookAt(page, `device-${state}`);
  }
  await page.goto("/en/device");
  await page.fill("#user-code", begun.user_code);
  await page.click("#continue");
  await page.click("#deny");
  await page.waitForSelector("#refused");
  await lookAt(page, "device-refused");
  await polled;
  await visitor.close();
});

test("a registration that errs is told which parameter", async () => {
  for (const [metadata, parameter] of [
    [{ redirect_uris: ["http://health.example/"] }, "redirect_uris"],
    [{ redirect_uris: [] }, "redirect_uris"],
    [{ jwks: undefined }, "jwks"],
    [{ client_name: " " }, "client_name"],
    [{ id_token_signed_response_alg: "none" }, "id_token_signed_response_alg"],
    [{ backchannel_logout_uri: "https://health.example/#x" }, "backchannel_logout_uri"],
  ]) {
    await assert.rejects(register(metadata), new RegExp(`invalid_.*${parameter}`), parameter);
  }
});
