// The modules of the official OpenID plans for a provider that has static
// clients and the code flow: Basic, Form Post, Config, RP-Initiated Logout and
// Back-Channel Logout, each test named after its module. Every request carries
// PKCE, which the official modules of Basic do not (certification/README.md).

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { until } from "../browser/people.mjs";
import * as jose from "../browser/jose.mjs";
import { Page } from "./browser.mjs";
import { Party, checkError, checkErrorPage, discover, random, seconds } from "./party.mjs";
import { patiently, useProvider } from "./world.mjs";

const CALLBACK = "https://party.example/test/a/hukumati/callback";
const BYE = "https://party.example/test/a/hukumati/post_logout_redirect";
const BASIC = { token_endpoint_auth_method: "client_secret_basic", id_token_signed_response_alg: "RS256" };

/** Two clients of each plan, and a browser whose person has signed in. */
const plans = { basic: {}, formpost: {} };

const world = useProvider(async (world) => {
  for (const [name, mode] of [["basic", null], ["formpost", "form_post"]]) {
    const register = () => Party.register(world, { ...BASIC, redirect_uris: [CALLBACK] }, { scope: "openid profile", mode });
    const [client, client2] = [await register(), await register()];
    const known = client.browser();
    for (const party of [client, client2]) await party.signIn(known);
    Object.assign(plans[name], { client, client2, known, since: seconds() });
  }
});

/** Signs in twice; the second time nobody is asked, and it is the same sign-in. */
async function twice({ client, known }, changes) {
  const first = await client.signIn(known);
  known.steps = [];
  const second = await client.signIn(known, typeof changes === "function" ? changes(first) : changes);
  assert.deepEqual(known.steps, []);
  assert.equal(second.claims.sub, first.claims.sub);
  assert.equal(second.claims.auth_time, first.claims.auth_time);
  return second;
}

/** The second time the person must sign in anew, and the ID token says when. */
async function anew(plan, changes) {
  const { client } = plan;
  const browser = client.browser();
  const first = await client.signIn(browser);
  // The ID token counts in seconds.
  await wait(2_000);
  browser.steps = [];
  const second = await client.signIn(browser, changes);
  assert.ok(browser.steps.includes("password"), "nobody was asked to sign in");
  assert.ok(second.claims.auth_time > first.claims.auth_time);
  assert.ok(Math.abs(seconds() - second.claims.auth_time) <= 5);
  assert.equal(second.claims.sub, first.claims.sub);
}

/** A scope that is not offered: the official module skips; asking for it all the same does no harm. */
async function unoffered({ client, known }, ...scopes) {
  for (const scope of scopes) assert.ok(!client.metadata.scopes_supported.includes(scope), scope);
  const tokens = await client.signIn(known, { scope: ["openid", ...scopes].join(" ") });
  assert.equal(tokens.scope, "openid");
  assert.deepEqual(Object.keys(await client.userinfo(tokens)), ["sub"]);
}

/** The first use of a code, then its second after a while. */
const codeOnce = async ({ client, known }) => {
  const coded = await client.code(known);
  return { coded, tokens: await client.redeem(coded) };
};
const codeAgain = async ({ client }, { coded, tokens }) => {
  checkError(await client.token(client.redeeming(coded)), "invalid_grant");
  assert.equal((await client.fetchUserinfo(tokens.access_token)).status, 401, "its tokens are revoked");
};

const PLANS = [
  ["oidcc-basic-certification-test-plan", plans.basic],
  ["oidcc-formpost-basic-certification-test-plan", plans.formpost],
];

for (const [title, plan] of PLANS) {
  const signIn = (changes, how) => plan.client.signIn(plan.known, changes, how);

  describe(title, () => {
    test("oidcc-server", async () => {
      const tokens = await signIn();
      assert.ok(!("refresh_token" in tokens), "nobody asked for offline_access");
      await plan.client.userinfo(tokens);
    });

    test("oidcc-response-type-missing", async () => {
      const came = await plan.client.ask(plan.known, { response_type: undefined });
      plan.client.refused(came, "invalid_request", "unsupported_response_type");
    });

    test("oidcc-idtoken-signature", async () => {
      const { header } = await signIn();
      assert.equal(header.alg, "RS256");
      assert.ok(header.kid);
    });

    test("oidcc-idtoken-unsigned", async () => {
      assert.ok(!plan.client.metadata.id_token_signing_alg_values_supported.includes("none"));
      const asking = { ...BASIC, redirect_uris: [CALLBACK], id_token_signed_response_alg: "none" };
      await assert.rejects(Party.register(world, asking), /id_token_signed_response_alg/);
    });

    test("oidcc-userinfo-get", async () => {
      const tokens = await signIn();
      await plan.client.userinfo(tokens);
    });

    test("oidcc-userinfo-post-header", async () => {
      const tokens = await signIn();
      const headers = { authorization: `Bearer ${tokens.access_token}` };
      await plan.client.userinfo(tokens, { method: "POST", headers });
    });

    test("oidcc-userinfo-post-body", async () => {
      const tokens = await signIn();
      const body = new URLSearchParams({ access_token: tokens.access_token });
      await plan.client.userinfo(tokens, { method: "POST", headers: {}, body });
    });

    test("oidcc-ensure-request-without-nonce-succeeds-for-code-flow", async () => {
      const { claims } = await signIn({ nonce: undefined });
      assert.ok(!("nonce" in claims));
    });

    test("oidcc-scope-profile", async () => {
      const tokens = await signIn({ scope: "openid profile" });
      const told = await plan.client.userinfo(tokens);
      assert.ok(told.name && told["name#en"]);
      assert.ok(!("name" in tokens.claims), "the ID token travels through addresses: it names nobody");
    });

    test("oidcc-scope-email", () => unoffered(plan, "email"));
    test("oidcc-scope-address", () => unoffered(plan, "address"));
    test("oidcc-scope-phone", () => unoffered(plan, "phone"));
    test("oidcc-scope-all", async () => {
      await unoffered(plan, "email", "address", "phone");
      const tokens = await signIn({ scope: "openid profile email address phone" });
      assert.ok((await plan.client.userinfo(tokens)).name);
    });

    test("oidcc-ensure-other-scope-order-succeeds", async () => {
      const tokens = await signIn({ scope: "profile openid" });
      assert.ok((await plan.client.userinfo(tokens)).name);
    });

    test("oidcc-display-page", () => signIn({ display: "page" }));
    test("oidcc-display-popup", () => signIn({ display: "popup" }));

    test("oidcc-prompt-login", () => anew(plan, { prompt: "login" }));

    test("oidcc-prompt-none-not-logged-in", async () => {
      const stranger = plan.client.browser();
      const came = await plan.client.ask(stranger, { prompt: "none" });
      plan.client.refused(came, "login_required");
      assert.deepEqual(stranger.steps, []);
    });

    test("oidcc-prompt-none-logged-in", () => twice(plan, { prompt: "none" }));
    test("oidcc-max-age-1", () => anew(plan, { max_age: "1" }));
    test("oidcc-max-age-10000", () => twice(plan, { max_age: "10000" }));

    test("oidcc-ensure-request-with-unknown-parameter-succeeds", () => signIn({ extra: "foobar" }));

    test("oidcc-id-token-hint", () => twice(plan, (first) => ({ prompt: "none", id_token_hint: first.id_token })));

    test("oidcc-login-hint", () => signIn({ login_hint: "buffy@party.example" }));
    test("oidcc-ui-locales", async () => {
      await signIn({ ui_locales: "se" });
      const { parameters } = await plan.client.asking({ ui_locales: "se en", prompt: "login" });
      const page = await plan.client.browser().go(plan.client.address(parameters));
      assert.match(page.html, /<html[^>]* lang="en"/);
    });
    test("oidcc-claims-locales", () => signIn({ claims_locales: "se" }));

    test("oidcc-ensure-request-with-acr-values-succeeds", async () => {
      const browser = plan.client.browser();
      for (const [acr, factor] of [["low", "skip"], ["substantial", "sms"]]) {
        const { claims } = await plan.client.signIn(browser, { acr_values: acr }, { factor });
        assert.equal(claims.acr, acr);
      }
    });

    test("oidcc-codereuse", async () => codeAgain(plan, await codeOnce(plan)));

    test("oidcc-ensure-registered-redirect-uri", async () => {
      const { parameters } = await plan.client.asking({ redirect_uri: `${CALLBACK}/${random(8)}` });
      checkErrorPage(await plan.known.go(plan.client.address(parameters)), /redirect_uri/);
    });

    test("oidcc-ensure-post-request-succeeds", async () => {
      const asked = await plan.client.asking();
      const init = { method: "POST", body: new URLSearchParams(asked.parameters) };
      const { answer } = await plan.known.authorize(plan.client.metadata.authorization_endpoint, { init });
      assert.equal(answer.get("state"), asked.parameters.state);
      await plan.client.redeem(plan.client.gives({ ...asked, answer }));
    });

    test("oidcc-server-client-secret-post", async () => {
      const coded = await plan.client.code(plan.known);
      await plan.client.redeem(coded, { post: true });
    });

    test("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported", async () => {
      assert.equal(plan.client.metadata.request_uri_parameter_supported, false);
      const came = await plan.client.ask(plan.known, { request_uri: "https://party.example/request.jwt" });
      plan.client.refused(came, "request_uri_not_supported");
    });

    test("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", async () => {
      assert.equal(plan.client.metadata.request_parameter_supported, false);
      const { parameters } = await plan.client.asking();
      const request = new jose.UnsecuredJWT(parameters).encode();
      plan.client.refused(await plan.client.ask(plan.known, { request }), "request_not_supported");
    });

    test("oidcc-claims-essential", async () => {
      const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
      const tokens = await signIn({ scope: "openid", claims });
      assert.ok((await plan.client.userinfo(tokens)).name);
      assert.ok(!("name" in tokens.claims), "it was asked for elsewhere");
      const inToken = JSON.stringify({ id_token: { name: { essential: true } } });
      assert.ok((await signIn({ scope: "openid", claims: inToken })).claims.name);
    });

    test("oidcc-ensure-request-object-with-redirect-uri", async () => {
      const { parameters } = await plan.client.asking();
      const request = new jose.UnsecuredJWT(parameters).encode();
      const address = plan.client.address({ ...parameters, request, redirect_uri: `${CALLBACK}/${random(8)}` });
      checkErrorPage(await plan.known.go(address), /redirect_uri/);
    });

    test("oidcc-refresh-token", async () => {
      const renewed = {};
      for (const party of [plan.client, plan.client2]) {
        const asked = { scope: "openid offline_access", prompt: "consent" };
        const first = await party.signIn(plan.known, asked);
        assert.match(first.refresh_token, /^[\x20-\x7e]+$/);
        const answer = await party.token({ grant_type: "refresh_token", refresh_token: first.refresh_token });
        const second = await party.checkTokens(answer, { nonce: first.claims.nonce });
        assert.notEqual(second.access_token, first.access_token);
        // OpenID Connect Core §12.2.
        for (const claim of ["iss", "sub", "aud", "auth_time"]) assert.deepEqual(second.claims[claim], first.claims[claim]);
        await party.userinfo(second);
        renewed[party.id] = second;
      }
      const theirs = renewed[plan.client2.id].refresh_token;
      checkError(await plan.client.token({ grant_type: "refresh_token", refresh_token: theirs }), "invalid_grant");
    });

    test("oidcc-ensure-request-with-valid-pkce-succeeds", async () => {
      await signIn();
      const coded = await plan.client.code(plan.known);
      checkError(await plan.client.token(plan.client.redeeming({ ...coded, verifier: random() })), "invalid_grant");
    });
  });
}

describe("oidcc-config-certification-test-plan", () => {
  test("oidcc-discovery-endpoint-verification", async () => {
    const response = await fetch(`${world.server.origin}/.well-known/openid-configuration`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^application\/json/);
    const metadata = await response.json();
    assert.equal(metadata.issuer, world.server.origin);
    const { search, hash } = new URL(metadata.issuer);
    assert.equal(search + hash, "");
    assert.deepEqual(metadata.response_types_supported, ["code"]);
    for (const type of metadata.subject_types_supported) assert.match(type, /^(public|pairwise)$/);
    assert.ok(metadata.id_token_signing_alg_values_supported.includes("RS256"));
    assert.ok(metadata.grant_types_supported.includes("authorization_code"));
    assert.ok(!metadata.grant_types_supported.includes("implicit"));
    assert.ok(metadata.scopes_supported.includes("openid"));
    for (const scope of metadata.scopes_supported) assert.match(scope, /^[\x21\x23-\x5b\x5d-\x7e]+$/);
    for (const tag of metadata.ui_locales_supported) assert.equal(Intl.getCanonicalLocales(tag)[0], tag);
    assert.ok(metadata.claims_supported.includes("sub"));
    for (const name of ["claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"]) {
      assert.equal(typeof metadata[name], "boolean");
    }
    assert.deepEqual(metadata.code_challenge_methods_supported, ["S256"]);
    // The official module wants https:// of each; the demo serves this machine.
    const endpoints = Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name));
    assert.ok(endpoints.length >= 7);
    for (const [name, address] of endpoints) assert.equal(new URL(address).origin, world.server.origin, name);
    for (const name of ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"]) assert.ok(metadata[name], name);

    const { keys } = await (await fetch(metadata.jwks_uri)).json();
    assert.equal(new Set(keys.map((key) => key.kid)).size, keys.length);
    for (const key of keys) {
      assert.ok(key.kid && ["RSA", "EC", "OKP"].includes(key.kty));
      for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) assert.ok(!(secret in key), secret);
      await jose.importJWK(key, key.alg);
    }
  });
});

describe("oidcc-rp-initiated-logout-certification-test-plan", () => {
  let client;
  before(async () => {
    const registration = { ...BASIC, redirect_uris: [CALLBACK], post_logout_redirect_uris: [BYE] };
    client = await Party.register(world, registration);
  });

  const leaving = (parameters) => `${client.metadata.end_session_endpoint}?${new URLSearchParams(parameters)}`;

  /** Signs in, then leads to the end of the session with these parameters. */
  async function leave(change) {
    const browser = client.browser();
    const { id_token } = await client.signIn(browser);
    const state = random(96);
    const asked = change({ id_token_hint: id_token, post_logout_redirect_uri: BYE, state });
    return { browser, state, came: await browser.go(leaving(asked)) };
  }

  const isOver = async (browser) => {
    const came = await client.ask(browser, { prompt: "none" });
    client.refused(came, "login_required", "interaction_required");
  };

  /** Nobody is led away: the person is asked, and after that is signed out. */
  async function stays({ browser, came }) {
    assert.ok(came instanceof Page, "the browser was led to the client");
    assert.equal(came.status, 200);
    const page = came.has("sign-out") ? await browser.submit(came, "sign-out") : came;
    assert.ok(page instanceof Page, "the browser was led to the client");
    assert.ok(!page.has("sign-out"));
    await isOver(browser);
  }

  /** The browser is led to the address that was registered. */
  async function returns({ browser, came }, state) {
    assert.equal(came.target.origin + came.target.pathname, BYE);
    assert.deepEqual([...came.answer], state ? [["state", state]] : []);
    await isOver(browser);
  }

  test("oidcc-rp-initiated-logout-discovery-endpoint-verification", async () => {
    const { metadata } = await discover(world);
    assert.equal(new URL(metadata.end_session_endpoint).origin, world.server.origin);
  });

  test("oidcc-rp-initiated-logout", async () => {
    const left = await leave((all) => all);
    await returns(left, left.state);
  });
  test("oidcc-rp-initiated-logout-no-state", async () => {
    await returns(await leave(({ state, ...rest }) => rest));
  });
  test("oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", async () => {
    await stays(await leave((all) => ({ ...all, post_logout_redirect_uri: `${BYE}/${random(8)}` })));
  });
  test("oidcc-rp-initiated-logout-modified-id-token-hint", async () => {
    const unsigned = (token) => new jose.UnsecuredJWT(jose.decodeJwt(token)).encode();
    const left = await leave((all) => ({ ...all, id_token_hint: unsigned(all.id_token_hint) }));
    assert.ok(left.came.has("sign-out"), "the person is asked");
    await stays(left);
  });
  test("oidcc-rp-initiated-logout-no-id-token-hint", async () => {
    await stays(await leave(({ id_token_hint, ...rest }) => rest));
  });
  test("oidcc-rp-initiated-logout-no-params", async () => {
    await stays(await leave(() => ({})));
  });
  test("oidcc-rp-initiated-logout-no-post-logout-redirect-uri", async () => {
    await stays(await leave(({ post_logout_redirect_uri, ...rest }) => rest));
  });
  test("oidcc-rp-initiated-logout-only-state", async () => {
    await stays(await leave(({ state }) => ({ state })));
  });
});

describe("oidcc-backchannel-rp-initiated-logout-certification-test-plan", () => {
  const told = [];
  let listener;
  before(async () => {
    listener = createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      told.push({ type: request.headers["content-type"], fields: new URLSearchParams(Buffer.concat(parts).toString()) });
      response.setHeader("cache-control", "no-store").end();
    });
    await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  });
  after(() => new Promise((resolve) => listener.close(resolve)));

  test("oidcc-backchannel-logout-discovery-endpoint-verification", async () => {
    const { metadata } = await discover(world);
    assert.equal(metadata.backchannel_logout_supported, true);
    assert.equal(metadata.backchannel_logout_session_supported, true);
    assert.ok(metadata.end_session_endpoint);
  });

  test("oidcc-backchannel-rp-initiated-logout", async () => {
    const backchannel = `http://127.0.0.1:${listener.address().port}/backchannel_logout`;
    const registration = { ...BASIC, redirect_uris: [CALLBACK], post_logout_redirect_uris: [BYE], backchannel_logout_uri: backchannel };
    const client = await Party.register(world, registration);
    const browser = client.browser();
    const { id_token, claims } = await client.signIn(browser);
    const parameters = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: BYE, state: "bye" });
    const { target, answer } = await browser.go(`${client.metadata.end_session_endpoint}?${parameters}`);
    assert.equal(target.origin + target.pathname, BYE);
    assert.deepEqual([...answer], [["state", "bye"]]);

    const { type, fields } = await until("the logout token", async () => told.at(-1));
    assert.match(type, /^application\/x-www-form-urlencoded/);
    assert.deepEqual([...fields.keys()], ["logout_token"]);
    const expected = { issuer: client.metadata.issuer, audience: client.id, typ: "logout+jwt" };
    const { payload } = await jose.jwtVerify(fields.get("logout_token"), client.keys, expected);
    for (const name of ["iat", "exp", "jti"]) assert.ok(payload[name], name);
    assert.deepEqual(payload.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
    assert.ok(!("nonce" in payload));
    assert.deepEqual([payload.sub, payload.sid], [claims.sub, claims.sid]);
    client.refused(await client.ask(browser, { prompt: "none" }), "login_required");
  });
});

for (const [title, plan] of PLANS) {
  describe(`${title}: what waits`, () => {
    patiently("oidcc-codereuse-30seconds", 30, () => codeOnce(plan), (state) => codeAgain(plan, state));
  });
}
