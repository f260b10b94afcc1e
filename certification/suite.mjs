// The REST interface of a conformance suite, as far as a run needs it.

import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export class Suite {
  /** `origin` is where the suite serves; `token` an API token, where it wants one. */
  constructor(origin, token) {
    Object.assign(this, { origin, token });
  }

  async #ask(method, path, query, body) {
    const address = new URL(path, `${this.origin}/`);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) address.searchParams.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    const headers = { ...(this.token && { authorization: `Bearer ${this.token}` }), ...(body && { "content-type": "application/json" }) };
    const response = await fetch(address, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${address.pathname} answers ${response.status}: ${(await response.text()).slice(0, 500)}`);
    return response;
  }

  /** Creates a plan; gives its id and its modules with their variants. */
  async createPlan(planName, variant, configuration) {
    return (await this.#ask("POST", "api/plan", { planName, variant }, configuration)).json();
  }

  /** Creates a test of a plan; it begins by itself. */
  async createTest(plan, { testModule: test, variant }) {
    return (await this.#ask("POST", "api/runner", { test, plan, variant })).json();
  }

  /** Begins a test that waits to be begun. */
  async start(test) {
    await this.#ask("POST", `api/runner/${test}`);
  }

  /** Where a test stands: `status`, and `result` when it is over. */
  async info(test) {
    return (await this.#ask("GET", `api/info/${test}`)).json();
  }

  /** What a test logged. */
  async log(test) {
    return (await this.#ask("GET", `api/log/${test}`)).json();
  }

  /** Writes the plan's results as the suite exports them, a zip file. */
  async export(plan, file) {
    const response = await this.#ask("GET", `api/plan/exporthtml/${plan}`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
  }
}
