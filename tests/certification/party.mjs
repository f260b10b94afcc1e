// A relying party of ours for the official modules: it registers, asks, checks
// every answer as the official suite does, and can be told to err.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import * as jose from "../browser/jose.mjs";
import { Browser, Page } from "./browser.mjs";

export const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/** Clocks may differ by this, seconds. */
const LEEWAY_SECONDS = 5;

export const random = (bytes = 32) => randomBytes(bytes).toString("base64url");
export const sha256 = async (text) => Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text))).toString("base64url");
export const seconds = () => Math.floor(Date.now() / 1_000);

/** A key pair of the suite's kind, with its public half as a JWK. */
export async function keyPair(kid, alg = "ES256") {
  const pair = await jose.generateKeyPair(alg, { extractable: true });
  return { ...pair, alg, kid, jwk: { ...(await jose.exportJWK(pair.publicKey)), kid, alg, use: "sig" } };
}

/** What the provider says of itself, and its keys. */
export async function discover(world) {
  const metadata = await (await fetch(`${world.server.origin}/.well-known/openid-configuration`)).json();
  const jwks = await (await fetch(metadata.jwks_uri)).json();
  return { metadata, keys: jose.createLocalJWKSet(jwks) };
}

/** An error of an OAuth endpoint: JSON, its status, a code of RFC 6749 §5.2 and a clean description. */
export function checkError({ status, body, headers }, ...codes) {
  assert.match(headers.get("content-type") ?? "", /^application\/json/);
  assert.ok(codes.includes(body.error), `${body.error} (${body.error_description}) is none of ${codes}`);
  assert.equal(status, body.error === "invalid_client" ? 401 : 400, body.error_description);
  assert.match(body.error_description ?? "", /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/);
}

/** One client, registered at the provider. */
export class Party {
  /** `registration` are names of RFC 7591; `mode` how answers travel; `scope` what is asked by habit. */
  static async register(world, registration, { scope = "openid", mode = null } = {}) {
    const provider = await discover(world);
    const key = await keyPair("client");
    const response = await fetch(`${world.server.origin}/demo/clients`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_name: "Certification", jwks: { keys: [key.jwk] }, ...registration }),
    });
    const body = await response.json();
    assert.equal(response.status, 201, JSON.stringify(body));
    const [redirect] = registration.redirect_uris;
    return Object.assign(new Party(), { world, registration, redirect, scope, mode, key, id: body.client_id, secret: body.client_secret, ...provider });
  }

  /** What a request carries, with what the answer must bring back. `undefined` takes a parameter out. */
  async asking(changes = {}) {
    const verifier = random();
    const parameters = {
      client_id: this.id,
      redirect_uri: this.redirect,
      scope: this.scope,
      response_type: "code",
      state: random(),
      nonce: random(),
      code_challenge: await sha256(verifier),
      code_challenge_method: "S256",
      ...(this.mode && { response_mode: this.mode }),
      ...changes,
    };
    for (const name of Object.keys(parameters)) if (parameters[name] === undefined) delete parameters[name];
    return { verifier, parameters };
  }

  address(parameters) {
    return `${this.metadata.authorization_endpoint}?${new URLSearchParams(parameters)}`;
  }

  /** A fresh browser of a person. */
  browser(name) {
    return new Browser(this.world, name);
  }

  /** Asks by the address, answers the pages, checks where and how the answer came. */
  async ask(browser, changes = {}, how = {}) {
    const asked = await this.asking(changes);
    const came = await browser.authorize(this.address(asked.parameters), how);
    return this.cameBack(asked, came);
  }

  /** Where and how an answer came. */
  cameBack(asked, came) {
    assert.ok(!(came instanceof Page), `a page instead of an answer (${came.status}): ${came.html?.slice(0, 3_000)}`);
    const expected = new URL(asked.parameters.redirect_uri);
    assert.equal(came.target.origin + came.target.pathname, expected.origin + expected.pathname);
    assert.equal(came.method, this.mode === "form_post" ? "POST" : "GET");
    for (const [name, value] of expected.searchParams) assert.equal(came.target.searchParams.get(name), value);
    assert.equal(came.target.hash, "");
    assert.equal(came.answer.get("state"), asked.parameters.state ?? null);
    assert.equal(came.answer.get("iss"), this.metadata.issuer);
    return { ...asked, answer: came.answer };
  }

  /** The same, and there is a code. */
  async code(browser, changes, how) {
    return this.gives(await this.ask(browser, changes, how));
  }

  gives(came) {
    const { answer } = came;
    assert.equal(answer.get("error"), null, `${answer.get("error")}: ${answer.get("error_description")}`);
    const code = answer.get("code");
    assert.match(code, /^[\x20-\x7e]+$/);
    // 128 bits at least (RFC 6749 §10.10), whatever the alphabet.
    assert.ok(code.length >= 22, "the code is too short to be unguessable");
    return { ...came, code };
  }

  /** An answer that is an error, and says no more than it should. */
  refused(came, ...codes) {
    const { answer } = came;
    assert.ok(codes.includes(answer.get("error")), `${answer} is none of ${codes}`);
    const own = [...new URL(came.parameters.redirect_uri).searchParams.keys()];
    const more = [...answer.keys()].filter((name) => !["error", "error_description", "error_uri", "state", "iss", ...own].includes(name));
    assert.deepEqual(more, []);
    return answer;
  }

  /** A `private_key_jwt`; changes to its claims, `undefined` takes one out. */
  async assertion(changes = {}, { key = this.key, alg = key.alg } = {}) {
    const now = seconds();
    const claims = { iss: this.id, sub: this.id, aud: this.metadata.issuer, jti: random(), iat: now, exp: now + 60, ...changes };
    for (const name of Object.keys(claims)) if (claims[name] === undefined) delete claims[name];
    return new jose.SignJWT(claims).setProtectedHeader({ alg, kid: key.kid }).sign(key.privateKey);
  }

  /** How the client says who it is: fields and headers of a call. */
  async credentials({ post = false } = {}) {
    if (!this.secret) return { fields: { client_assertion_type: ASSERTION, client_assertion: await this.assertion() } };
    if (post) return { fields: { client_id: this.id, client_secret: this.secret } };
    const pair = [this.id, this.secret].map(encodeURIComponent).join(":");
    return { headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
  }

  /** Calls an endpoint with a form. */
  async call(endpoint, fields, headers = {}) {
    const body = new URLSearchParams(fields);
    const response = await fetch(endpoint, { method: "POST", body, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : {} };
  }

  async token(fields, how) {
    const mine = await this.credentials(how);
    return this.call(this.metadata.token_endpoint, { ...fields, ...mine.fields }, mine.headers);
  }

  redeeming({ code, verifier, parameters }) {
    return { grant_type: "authorization_code", code, redirect_uri: parameters.redirect_uri, code_verifier: verifier };
  }

  /** Exchanges the code, and checks all that came. */
  async redeem(coded, how) {
    return this.checkTokens(await this.token(this.redeeming(coded), how), coded.parameters);
  }

  /** A token response with an ID token (OpenID Connect Core §3.1.3.3, §3.1.3.7). */
  async checkTokens({ status, headers, body }, { nonce } = {}) {
    assert.equal(status, 200, JSON.stringify(body));
    assert.match(headers.get("content-type"), /^application\/json/);
    assert.match(headers.get("cache-control"), /no-store/);
    assert.match(body.token_type, this.secret ? /^bearer$/i : /^(bearer|dpop)$/i);
    assert.ok(Number.isInteger(body.expires_in) && body.expires_in > 0);
    const { payload, protectedHeader } = await jose.jwtVerify(body.id_token, this.keys, { issuer: this.metadata.issuer, audience: this.id });
    assert.ok(protectedHeader.kid && protectedHeader.alg !== "none");
    assert.equal(payload.aud, this.id);
    for (const name of ["iat", "exp", "auth_time"]) assert.ok(Number.isInteger(payload[name]), name);
    assert.ok(Math.abs(payload.iat - seconds()) <= LEEWAY_SECONDS && payload.auth_time <= payload.iat + LEEWAY_SECONDS);
    assert.match(payload.sub, /^[\x21-\x7e]{1,255}$/);
    assert.equal(payload.nonce, nonce);
    const half = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(body.access_token))).subarray(0, 16);
    assert.equal(payload.at_hash, half.toString("base64url"));
    return { ...body, claims: payload, header: protectedHeader };
  }

  /** The whole way: request, pages, code, tokens. */
  async signIn(browser, changes, how) {
    return this.redeem(await this.code(browser, changes, how));
  }

  /** Asks with an access token. */
  async fetchUserinfo(token, init = {}) {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(this.metadata.userinfo_endpoint, { headers, ...init });
    return { status: response.status, headers: response.headers, body: await response.json().catch(() => null) };
  }

  /** The claims about the person, of the kinds that OpenID Connect Core §5.1 gives them. */
  async userinfo(tokens, init) {
    return this.checkUserinfo(await this.fetchUserinfo(tokens.access_token, init), tokens);
  }

  checkUserinfo({ status, headers, body }, tokens) {
    assert.equal(status, 200, JSON.stringify(body));
    assert.match(headers.get("content-type"), /^application\/json/);
    assert.equal(body.sub, tokens.claims.sub);
    for (const [name, value] of Object.entries(body)) assert.equal(typeof value, "string", name);
    return body;
  }
}

/** A page that says what is wrong, and leads nowhere. */
export function checkErrorPage(came, why) {
  assert.ok(came instanceof Page, "the browser was led to the client");
  assert.equal(came.status, 400);
  if (why) assert.match(came.html, why);
}
