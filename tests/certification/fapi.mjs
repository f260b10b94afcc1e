// A client of the FAPI 2.0 Security Profile: it pushes its requests, proves a
// key with every call (DPoP, with the provider's nonce), and can be told to err.

import assert from "node:assert/strict";

import * as jose from "../browser/jose.mjs";
import { ASSERTION, Party, keyPair, random, seconds, sha256 } from "./party.mjs";

/** What takes an entry out of claims and headers. */
const without = (entries) => Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));

export class FapiParty extends Party {
  /** The nonce that the provider gave last. */
  nonce = undefined;

  static async register(world, registration, { scope = "openid profile" } = {}) {
    const plain = await Party.register(world, { preset: "fapi2", ...registration }, { scope });
    return Object.assign(new FapiParty(), plain);
  }

  /** A DPoP proof (RFC 9449 §4.2) for a call; changes to its claims and header, `undefined` takes one out. */
  async proof(key, { method = "POST", url, token, claims = {}, header = {} }) {
    const body = { jti: random(), htm: method, htu: url, iat: seconds(), nonce: this.nonce, ath: token && (await sha256(token)), ...claims };
    const { kty, crv, x, y } = key.jwk;
    const top = { typ: "dpop+jwt", alg: key.alg, jwk: { kty, crv, x, y }, ...header };
    return new jose.CompactSign(Buffer.from(JSON.stringify(without(body)))).setProtectedHeader(without(top)).sign(key.privateKey);
  }

  /** Calls with whatever `headers` makes; once more if that lacked the nonce. */
  async withNonce(call) {
    for (const last of [false, true]) {
      const answer = await call();
      this.nonce = answer.headers.get("dpop-nonce") ?? this.nonce;
      if (last || answer.body?.error !== "use_dpop_nonce") return answer;
    }
  }

  /** Pushes a request (RFC 9126). With a key it proves it, and the code is bound to that. */
  push(parameters, { key, assertion = {}, proof = {} } = {}) {
    const url = this.metadata.pushed_authorization_request_endpoint;
    return this.withNonce(async () => {
      const mine = { client_assertion_type: ASSERTION, client_assertion: await this.assertion(assertion) };
      const headers = key ? { dpop: await this.proof(key, { url, ...proof }) } : {};
      return this.call(url, { ...parameters, ...mine }, headers);
    });
  }

  /** The same, and it is taken; gives the address to lead to. */
  async pushed(parameters, how) {
    const answer = await this.push(parameters, how);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    assert.match(answer.headers.get("content-type"), /^application\/json/);
    assert.match(answer.headers.get("cache-control"), /no-store/);
    const { request_uri, expires_in } = answer.body;
    assert.match(request_uri, /^urn:ietf:params:oauth:request_uri:.{22,}$/);
    assert.ok(expires_in >= 5 && expires_in <= 600);
    return this.leading(request_uri, parameters);
  }

  /** Where a browser goes with a pushed request. The official suite repeats some parameters there. */
  leading(request_uri, { response_type, scope } = {}, more = {}) {
    return this.address(without({ client_id: this.id, request_uri, response_type, scope, ...more }));
  }

  /** Pushes, leads, answers the pages. `key` binds the code, `more` stands in the address besides. */
  async ask(browser, changes = {}, { key, assertion, proof, more = {}, ...how } = {}) {
    const asked = await this.asking(changes);
    const address = await this.pushed(asked.parameters, { key, assertion, proof });
    const came = await browser.authorize(`${address}&${new URLSearchParams(more)}`, how);
    return { ...this.cameBack(asked, came), key };
  }

  /** Calls the token endpoint with a proof of this key; `assertion` null leaves it out. */
  token(fields, { key, assertion = {}, signing, proof = {} } = {}) {
    const url = this.metadata.token_endpoint;
    return this.withNonce(async () => {
      const headers = key ? { dpop: await this.proof(key, { url, ...proof }) } : {};
      const signed = assertion && (await this.assertion(assertion, signing));
      const mine = signed ? { client_assertion_type: ASSERTION, client_assertion: signed } : { client_id: this.id };
      return this.call(url, { ...mine, ...fields }, headers);
    });
  }

  /** Exchanges the code with a proof; the token is bound to its key. */
  async redeem(coded, { key = coded.key, ...how } = {}) {
    const used = key ?? (await keyPair("dpop"));
    const tokens = await this.checkTokens(await this.token(this.redeeming(coded), { key: used, ...how }), coded.parameters);
    assert.match(tokens.token_type, /^dpop$/i);
    return { ...tokens, key: used };
  }

  /** Asks the resource, ours is the userinfo endpoint; `make` makes another proof, or several. */
  resource({ access_token: token, key }, { scheme = "DPoP", headers = {}, make } = {}) {
    const url = this.metadata.userinfo_endpoint;
    return this.withNonce(async () => {
      const proof = make ? await make({ method: "GET", url, token }) : await this.proof(key, { method: "GET", url, token });
      const brought = new Headers(headers);
      brought.set("authorization", `${scheme} ${token}`);
      for (const one of [proof].flat()) brought.append("dpop", one);
      const response = await fetch(url, { headers: brought });
      return { status: response.status, headers: response.headers, body: await response.json().catch(() => null) };
    });
  }

  async userinfo(tokens, how) {
    return this.checkUserinfo(await this.resource(tokens, how), tokens);
  }
}
