// The modules of the official FAPI 2.0 Security Profile (Final) plan for a
// provider: private_key_jwt, DPoP, OpenID, plain requests. Each test is named
// after its module; modules of other variants are in certification/README.md.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import * as jose from "../browser/jose.mjs";
import { Page } from "./browser.mjs";
import { FapiParty } from "./fapi.mjs";
import { checkError, checkErrorPage, keyPair, random, seconds, sha256 } from "./party.mjs";
import { patiently, useProvider } from "./world.mjs";

const CALLBACK = "https://party.example/test/a/hukumati/callback";
/** The second client's address has a query of its own, as the official suite's. */
const CALLBACK2 = `${CALLBACK}?dummy1=lorem&dummy2=ipsum`;

/** Two clients, and a browser whose person has signed in and allowed both. */
let client, client2, known;

const world = useProvider(async (world) => {
  client = await FapiParty.register(world, { redirect_uris: [CALLBACK] });
  client2 = await FapiParty.register(world, { redirect_uris: [CALLBACK2] });
  known = client.browser();
  for (const party of [client, client2]) await party.signIn(known);
});

const name = (module) => `fapi2-security-profile-final-${module}`;

/** Signs in, asks the resource. */
async function succeeds(changes, how) {
  const tokens = await client.signIn(known, changes, how);
  await client.userinfo(tokens);
  return tokens;
}

/** A code, and the key that it is bound to. */
async function bound(changes = {}) {
  const key = await keyPair("dpop");
  return client.code(known, changes, { key });
}

/** Exchanges a code in a way that errs. */
async function fails(coded, how, ...codes) {
  checkError(await client.token(client.redeeming(coded), { key: await keyPair("dpop"), ...how }), ...codes);
}

/** A request that is refused where it is pushed. */
async function refusedAtPush(changes, ...codes) {
  const { parameters } = await client.asking(changes);
  checkError(await client.push(parameters), ...codes);
}

/** An assertion that is refused where a request is pushed. */
async function refusesAssertion(assertion) {
  const { parameters } = await client.asking();
  checkError(await client.push(parameters, { assertion }), "invalid_client", "invalid_request");
}

describe("fapi2-security-profile-final-test-plan", () => {
  test(name("discovery-end-point-verification"), () => {
    const { metadata } = client;
    assert.equal(metadata.issuer, world.server.origin);
    assert.ok(metadata.response_types_supported.includes("code"));
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
    assert.ok(metadata.pushed_authorization_request_endpoint);
    assert.equal(typeof metadata.require_pushed_authorization_requests, "boolean");
    const allowed = ["PS256", "ES256", "EdDSA"];
    for (const list of ["dpop_signing_alg_values_supported", "id_token_signing_alg_values_supported", "token_endpoint_auth_signing_alg_values_supported"]) {
      assert.ok(metadata[list].some((alg) => allowed.includes(alg)), list);
    }
    assert.deepEqual(metadata.dpop_signing_alg_values_supported.filter((alg) => !allowed.includes(alg)), []);
    assert.ok(metadata.token_endpoint_auth_methods_supported.includes("private_key_jwt"));
    assert.ok(metadata.code_challenge_methods_supported.includes("S256"));
    assert.ok(metadata.scopes_supported.includes("openid"));
    assert.deepEqual(metadata.subject_types_supported, ["pairwise"]);
    assert.ok(metadata.jwks_uri && metadata.token_endpoint);
  });

  test(name("happy-flow"), async () => {
    const tokens = await succeeds();
    assert.ok(!("name" in tokens.claims), "nobody asked for it there");
    // A token in the address is no token.
    const query = await fetch(`${client.metadata.userinfo_endpoint}?access_token=${tokens.access_token}`);
    assert.equal(query.status, 401);
    for (const accept of ["application/json;charset=UTF-8", "application/json, application/*+json, */*"]) {
      await client.userinfo(tokens, { headers: { accept } });
    }
    // The second client binds its code by name alone, and has a nonce of 43 signs.
    const key = await keyPair("dpop");
    const jkt = await jose.calculateJwkThumbprint(key.jwk);
    const coded = await client2.code(known, { nonce: random(32), dpop_jkt: jkt });
    assert.equal(coded.answer.get("dummy1"), "lorem");
    const second = await client2.redeem(coded, { key });
    await client2.userinfo(second);
    assert.notEqual(second.claims.sub, tokens.claims.sub, "two sectors know two subjects");
    // Whoever holds the token without its key holds nothing.
    assert.equal((await client.resource({ ...second, key: tokens.key })).status, 401);
  });

  test(name("user-rejects-authentication"), async () => {
    for (const redirect of [CALLBACK, CALLBACK2]) {
      const party = await FapiParty.register(world, { redirect_uris: [redirect] });
      const came = await party.ask(party.browser(), { state: random(96) }, { consent: "deny" });
      const answer = party.refused(came, "access_denied");
      if (redirect === CALLBACK2) assert.deepEqual([answer.get("dummy1"), answer.get("dummy2")], ["lorem", "ipsum"]);
    }
  });

  test(name("ensure-authorization-request-without-state-success"), async () => {
    const { claims } = await succeeds({ state: undefined });
    assert.ok(!("s_hash" in claims));
  });

  test(name("ensure-authorization-request-without-nonce-success"), async () => {
    const { claims } = await succeeds({ nonce: undefined });
    assert.ok(!("nonce" in claims));
  });

  test(name("ensure-authorization-request-with-64-char-nonce-success"), () => succeeds({ nonce: random(48) }));

  test(name("ensure-other-scope-order-succeeds"), () => succeeds({ scope: "profile openid" }));

  test(name("test-claims-parameter-identity-claims"), async () => {
    assert.equal(client.metadata.claims_parameter_supported, true);
    const forms = { userinfo: { name: null, [random(8)]: { essential: true } }, id_token: { name: { essential: true }, [random(8)]: null } };
    const tokens = await client.signIn(known, { scope: "openid", claims: JSON.stringify(forms) });
    assert.ok(tokens.claims.name);
    assert.equal((await client.userinfo(tokens)).name, tokens.claims.name);
  });

  test(name("access-token-type-header-case-sensitivity"), async () => {
    const tokens = await succeeds();
    await client.userinfo(tokens, { scheme: "dpOp" });
  });

  test(name("check-dpop-proof-nbf-exp"), async () => {
    const claims = { nbf: seconds(), exp: seconds() + 300 };
    const key = await keyPair("dpop");
    const tokens = await client.signIn(known, {}, { key, proof: { claims } });
    const make = (call) => client.proof(key, { ...call, claims });
    await client.userinfo(tokens, { make });
  });

  for (const [when, shift] of [["before", -10], ["after", 8]]) {
    test(name(`ensure-dpopproof-with-iat-10seconds-${when}-succeeds`), async () => {
      const claims = { iat: seconds() + shift };
      const key = await keyPair("dpop");
      const coded = await client.code(known, {}, { key, proof: { claims } });
      const tokens = await client.redeem(coded, { proof: { claims } });
      await client.userinfo(tokens, { make: (call) => client.proof(key, { ...call, claims }) });
    });
  }

  test(name("ensure-mismatched-dpop-jkt-fails"), async () => {
    const other = await keyPair("other");
    const { parameters } = await client.asking({ dpop_jkt: await jose.calculateJwkThumbprint(other.jwk) });
    checkError(await client.push(parameters, { key: await keyPair("dpop") }), "invalid_request", "invalid_dpop_proof");
  });

  test(name("ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt"), async () => {
    await fails(await bound(), {}, "invalid_request", "invalid_grant", "invalid_dpop_proof");
  });

  test(name("ensure-token-endpoint-fails-with-mismatched-dpop-jkt"), async () => {
    const named = await keyPair("named");
    const coded = await client.code(known, { dpop_jkt: await jose.calculateJwkThumbprint(named.jwk) });
    await fails(coded, {}, "invalid_request", "invalid_grant", "invalid_dpop_proof");
  });

  test(name("ensure-dpopproof-at-par-endpoint-binding-success"), async () => {
    await client.userinfo(await client.redeem(await bound()));
  });

  test(name("ensure-dpop-auth-code-binding-success"), async () => {
    const key = await keyPair("dpop");
    const coded = await client.code(known, { dpop_jkt: await jose.calculateJwkThumbprint(key.jwk) }, { key });
    await client.userinfo(await client.redeem(coded));
  });

  test(name("ensure-different-nonce-inside-and-outside-request-object"), async () => {
    // What was pushed counts; `redeem` finds that nonce again.
    await client.redeem(await client.code(known, {}, { more: { nonce: random() } }));
  });

  test(name("ensure-different-state-inside-and-outside-request-object"), async () => {
    await client.redeem(await client.code(known, {}, { more: { state: random() } }));
  });

  test(name("state-only-outside-request-object-not-used"), async () => {
    const coded = await client.code(known, { state: undefined }, { more: { state: random() } });
    assert.ok(!coded.answer.has("state"));
    await client.redeem(coded);
  });

  test(name("ensure-authorization-request-with-long-nonce"), () => succeeds({ nonce: random(288) }));
  test(name("ensure-authorization-request-with-long-state"), () => succeeds({ state: random(750) }));

  test(name("ensure-request-object-without-redirect-uri-fails"), () => refusedAtPush({ redirect_uri: undefined }, "invalid_request"));
  test(name("ensure-redirect-uri-in-authorization-request"), async () => {
    await refusedAtPush({ redirect_uri: undefined }, "invalid_request");
    // Nor does a browser get anywhere without one.
    const { parameters } = await client.asking({ redirect_uri: undefined });
    checkErrorPage(await known.go(client.address(parameters)), /redirect_uri/);
  });

  for (const module of ["ensure-registered-redirect-uri", "plain-fapi-tolerate-unregistered-redirect-uri"]) {
    test(name(module), () => refusedAtPush({ redirect_uri: `${CALLBACK}/${random(8)}` }, "invalid_request"));
  }

  test(name("ensure-unsigned-authorization-request-without-using-par-fails"), async () => {
    const asked = await client.asking();
    const came = await known.authorize(client.address(asked.parameters));
    client.refused(client.cameBack(asked, came), "invalid_request");
  });

  for (const [module, type] of [["code-idtoken", "code id_token"], ["token", "token"]]) {
    test(name(`ensure-response-type-${module}-fails`), async () => {
      await refusedAtPush({ response_type: type }, "unsupported_response_type", "invalid_request", "unauthorized_client");
    });
  }

  test(name("ensure-client-id-in-token-endpoint"), async () => {
    const coded = await client.code(known);
    const fields = { ...client.redeeming(coded), client_id: client2.id };
    const assertion = { iss: client2.id, sub: client2.id };
    checkError(await client.token(fields, { key: await keyPair("dpop"), assertion }), "invalid_client", "invalid_grant");
  });

  test(name("ensure-holder-of-key-required"), async () => {
    const coded = await client.code(known);
    await fails(coded, { key: null }, "invalid_request", "invalid_grant", "invalid_dpop_proof");
  });

  test(name("ensure-authorization-code-is-bound-to-client"), async () => {
    const coded = await client.code(known);
    checkError(await client2.token(client.redeeming(coded), { key: await keyPair("dpop") }), "invalid_grant");
  });

  test(name("attempt-reuse-authorization-code-after-one-second"), async () => {
    const coded = await client.code(known);
    const tokens = await client.redeem(coded);
    await wait(1_000);
    await fails(coded, { key: tokens.key }, "invalid_grant");
    assert.equal((await client.resource(tokens)).status, 401, "its tokens are revoked");
  });

  test(name("ensure-signed-client-assertion-with-RS256-fails"), async () => {
    // A client of this preset cannot even register such a key alone.
    const rsa = await keyPair("rsa", "RS256");
    await assert.rejects(FapiParty.register(world, { redirect_uris: [CALLBACK], jwks: { keys: [rsa.jwk] } }), /jwks/);
    const both = await FapiParty.register(world, { redirect_uris: [CALLBACK], jwks: { keys: [client.key.jwk, rsa.jwk] } });
    both.key = client.key;
    const coded = await both.code(known);
    const answer = await both.token(both.redeeming(coded), { key: await keyPair("dpop"), signing: { key: rsa } });
    checkError(answer, "invalid_client");
  });

  test(name("ensure-client-assertion-in-token-endpoint"), async () => {
    await fails(await client.code(known), { assertion: null }, "invalid_client", "invalid_request");
  });
  test(name("ensure-client-assertion-with-exp-is-5-minutes-in-past-fails"), async () => {
    const past = seconds() - 300;
    await fails(await client.code(known), { assertion: { iat: past - 60, exp: past } }, "invalid_client", "invalid_request");
  });
  test(name("ensure-client-assertion-with-wrong-aud-fails"), async () => {
    await fails(await client.code(known), { assertion: { aud: "https://other.example" } }, "invalid_client", "invalid_request");
  });
  test(name("ensure-client-assertion-with-no-sub-fails"), async () => {
    await fails(await client.code(known), { assertion: { sub: undefined } }, "invalid_client", "invalid_request");
  });

  test(name("dpop-negative-tests"), async () => {
    const tokens = await succeeds();
    const { key } = tokens;
    const asks = async (make, how) => (await client.resource(tokens, { make, ...how })).status;
    const proof = (changes, by = key) => (call) => client.proof(by, { ...call, ...changes });
    const [other, rsa] = [await keyPair("other"), await keyPair("rsa", "RS256")];
    const parts = async (call) => (await client.proof(key, call)).split(".");
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const { alg, ...noAlg } = { typ: "dpop+jwt", alg: "ES256", jwk: (({ kty, crv, x, y }) => ({ kty, crv, x, y }))(key.jwk) };
    const { d } = await jose.exportJWK(key.privateKey);

    const refused = {
      "two proofs": async (call) => [await client.proof(key, call), await client.proof(key, call)],
      "not a JWT": async (call) => (await client.proof(key, call)).replaceAll(".", "%"),
      "no typ": proof({ header: { typ: undefined } }),
      "another typ": proof({ header: { typ: "JWT" } }),
      "no alg": async (call) => [encode(noAlg), ...(await parts(call)).slice(1)].join("."),
      "no jwk": proof({ header: { jwk: undefined } }),
      "no jti": proof({ claims: { jti: undefined } }),
      "no htm": proof({ claims: { htm: undefined } }),
      "no htu": proof({ claims: { htu: undefined } }),
      "no iat": proof({ claims: { iat: undefined } }),
      "no ath": proof({ claims: { ath: undefined } }),
      "another ath": proof({ claims: { ath: await sha256("another") } }),
      "htm of another method": proof({ claims: { htm: "PUT" } }),
      "htu of another address": proof({ claims: { htu: `${world.server.origin}/oauth2/token` } }),
      "alg none": async (call) => {
        const [, claims] = await parts(call);
        return `${encode({ ...noAlg, alg: "none" })}.${claims}.`;
      },
      "alg RS256": proof({ header: { jwk: { kty: rsa.jwk.kty, n: rsa.jwk.n, e: rsa.jwk.e } } }, rsa),
      "a broken signature": async (call) => {
        const [header, claims, signature] = await parts(call);
        return [header, claims, (signature[0] === "A" ? "B" : "A") + signature.slice(1)].join(".");
      },
      "the private key beside": proof({ header: { jwk: { ...noAlg.jwk, d } } }),
      "another key": proof({}, other),
      "iat an hour ago": proof({ claims: { iat: seconds() - 3_600 } }),
      "iat in an hour": proof({ claims: { iat: seconds() + 3_600 } }),
    };
    for (const [what, make] of Object.entries(refused)) {
      assert.ok([400, 401].includes(await asks(make)), what);
    }

    const jti = random();
    const accepted = {
      "an address with query and fragment": async (call) => client.proof(key, { ...call, url: `${call.url}?a=b#c` }),
      "more claims and headers": proof({ header: { more: "1" }, claims: { more: "2" } }),
      "a jti the first time": proof({ claims: { jti } }),
    };
    for (const [what, make] of Object.entries(accepted)) assert.equal(await asks(make), 200, what);
    assert.ok([400, 401].includes(await asks(proof({ claims: { jti } }))), "a jti the second time");
    assert.equal((await client.resource(tokens, { scheme: "Bearer", make: () => [] })).status, 401, "as a bearer token");
    assert.equal(await asks(proof({}), { headers: { accept: "*/*" } }), 200);
  });

  test(name("refresh-token"), async () => {
    const given = {};
    for (const party of [client, client2]) {
      const first = await party.signIn(known, { scope: "openid offline_access", prompt: "consent" });
      const { key, claims } = first;
      assert.match(first.refresh_token, /^[\x20-\x7e]+$/);
      const fields = { grant_type: "refresh_token", refresh_token: first.refresh_token, scope: first.scope };
      const second = await party.checkTokens(await party.token(fields, { key }), { nonce: claims.nonce });
      assert.notEqual(second.access_token, first.access_token);
      // FAPI 2.0 §5.3.2.1, 9: it is not rotated.
      assert.ok([undefined, first.refresh_token].includes(second.refresh_token));
      for (const claim of ["iss", "sub", "aud", "auth_time"]) assert.deepEqual(second.claims[claim], claims[claim]);
      await party.userinfo({ ...second, key });
      given[party.id] = { ...first, fields };
      if (party === client) checkError(await party.token(fields, { key: null }), "invalid_client", "invalid_grant", "invalid_request");
    }
    const { fields, key } = given[client2.id];
    checkError(await client.token(fields, { key }), "invalid_grant");
  });

  test(name("par-ensure-reused-request-uri-prior-to-auth-completion-succeeds"), async () => {
    const asked = await client.asking();
    const address = await client.pushed(asked.parameters);
    const first = await client.browser().go(address);
    assert.ok(first instanceof Page && first.has("password"));
    const browser = client.browser();
    const again = await browser.go(address);
    assert.ok(again instanceof Page && again.has("password"), `the second visit is answered ${again.status}`);
    const came = await browser.authorize(address);
    await client.redeem(client.gives(client.cameBack(asked, came)));
  });

  test(name("par-attempt-reuse-request_uri"), async () => {
    const asked = await client.asking();
    const address = await client.pushed(asked.parameters);
    await client.redeem(client.gives(client.cameBack(asked, await known.authorize(address))));
    checkErrorPage(await known.go(address), /request_uri/);
    checkErrorPage(await client.browser().go(address), /request_uri/);
  });

  test(name("par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted"), async () => {
    const future = seconds() + 8;
    await client.redeem(await client.code(known, {}, { assertion: { iat: future, nbf: future } }));
  });

  test(name("par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails"), async () => {
    const future = seconds() + 70;
    await refusesAssertion({ iat: future, nbf: future, exp: future + 60 });
  });

  test(name("par-attempt-to-use-request_uri-for-different-client"), async () => {
    const { parameters } = await client.asking();
    const { searchParams } = new URL(await client.pushed(parameters));
    checkErrorPage(await known.go(client2.leading(searchParams.get("request_uri"), parameters)), /request_uri/);
  });

  test(name("par-authorization-request-containing-request_uri-form-param"), async () => {
    await refusedAtPush({ request_uri: `urn:ietf:params:oauth:request_uri:${random()}` }, "invalid_request", "invalid_request_object", "request_uri_not_supported");
  });

  test(name("par-attempt-invalid-http-method"), async () => {
    const { parameters } = await client.asking();
    const body = new URLSearchParams({ ...parameters, client_assertion: await client.assertion() });
    const answer = await fetch(client.metadata.pushed_authorization_request_endpoint, { method: "PUT", body });
    assert.equal(answer.status, 405);
  });

  test(name("par-ensure-pkce-required"), async () => {
    await refusedAtPush({ code_challenge: undefined, code_challenge_method: undefined }, "invalid_request");
  });

  test(name("ensure-pkce-code-verifier-required"), async () => {
    const coded = await client.code(known);
    const { code_verifier, ...fields } = client.redeeming(coded);
    checkError(await client.token(fields, { key: await keyPair("dpop") }), "invalid_grant");
  });

  test(name("incorrect-pkce-code-verifier-rejected"), async () => {
    await fails({ ...(await client.code(known)), verifier: random() }, {}, "invalid_grant");
  });

  test(name("par-plain-pkce-rejected"), async () => {
    await refusedAtPush({ code_challenge: random(), code_challenge_method: "plain" }, "invalid_request");
  });

  test(name("par-without-duplicate-parameters"), async () => {
    const asked = await client.asking();
    const { searchParams } = new URL(await client.pushed(asked.parameters));
    const came = await known.authorize(client.leading(searchParams.get("request_uri")));
    await client.redeem(client.gives(client.cameBack(asked, came)));
  });

  test(name("par-test-array-as-audience-fails"), () => refusesAssertion({ aud: [client.metadata.issuer, "https://other.example"] }));
  test(name("par-test-par-endpoint-url-as-audience-fails"), () => refusesAssertion({ aud: client.metadata.pushed_authorization_request_endpoint }));
  test(name("par-test-token-endpoint-url-as-audience-fails"), () => refusesAssertion({ aud: client.metadata.token_endpoint }));
});

describe("fapi2-security-profile-final-test-plan: what waits", () => {
  patiently(
    name("par-attempt-to-use-expired-request_uri"),
    61,
    async () => client.pushed((await client.asking()).parameters),
    async (address) => checkErrorPage(await known.go(address), /request_uri/),
  );

  patiently(
    name("ensure-token-endpoint-fails-with-expired-auth-code"),
    62,
    () => client.code(known),
    (coded) => fails(coded, {}, "invalid_grant"),
  );
});
