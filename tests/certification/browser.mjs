// A browser without scripts, as the official suite has one: it keeps cookies,
// follows our redirects, and fills in forms by the stable ids of their elements.
// Where an answer to a client begins it stops and gives that answer.

import assert from "node:assert/strict";

import { PEOPLE, codeFor, person, sentTo } from "../browser/people.mjs";

/** How many redirects and pages a sign-in may take. */
const STEPS_MAX = 12;

const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const decode = (text) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name) return NAMED[name] ?? whole;
    return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal));
  });

/** The attributes of a start tag. */
function attributes(tag) {
  const pairs = tag.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/gi);
  return Object.fromEntries([...pairs].map(([, name, value]) => [name, decode(value ?? "")]));
}

/** A page as it came. */
export class Page {
  constructor(address, status, html) {
    Object.assign(this, { address, status, html });
  }
  /** Whether an element with this id is there. */
  has(id) {
    return this.html.includes(` id="${id}"`);
  }
  /** The form that has this id, or an element with it: its address, hidden fields, and names by id. */
  form(id) {
    const forms = this.html.match(/<form\b[\s\S]*?<\/form>/g) ?? [];
    const found = forms.find((form) => form.includes(` id="${id}"`));
    assert.ok(found, `no form with #${id} on ${this.address} (${this.status}):\n${this.html.slice(0, 4_000)}`);
    const [opening, ...tags] = found.match(/<(?:form|input|button)\b[^>]*>/g).map(attributes);
    const fields = new URLSearchParams();
    for (const { type, name, value } of tags) if (type === "hidden") fields.append(name, value);
    const names = new Map(tags.filter((tag) => tag.id).map((tag) => [tag.id, tag]));
    return { action: new URL(opening.action, this.address), fields, names };
  }
}

/** A person's browser. `steps` is what pages asked of them since it was emptied. */
export class Browser {
  cookies = new Map();
  steps = [];

  constructor(world, name = "salma") {
    Object.assign(this, { world, name });
  }

  get origin() {
    return this.world.server.origin;
  }

  /** One request; cookies go and come. */
  async request(address, init = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...init.headers, ...(cookie && { cookie }), ...(init.body && { origin: this.origin }) };
    const response = await fetch(address, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...rest] = line.split(";");
      const [name, ...value] = pair.split("=");
      const gone = rest.some((part) => /^\s*max-age=0$/i.test(part));
      if (gone) this.cookies.delete(name.trim());
      else this.cookies.set(name.trim(), value.join("="));
    }
    return response;
  }

  /**
   * Goes to an address, through our redirects: to a `Page`, or to the answer at
   * a client's address: `{ answer, target, method }`.
   */
  async go(address, init) {
    let [next, how] = [new URL(address, this.origin), init];
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const response = await this.request(next, how);
      const location = response.headers.get("location");
      if (!location) {
        const page = new Page(next, response.status, await response.text());
        return page.has("back") ? this.#post(page) : page;
      }
      await response.body?.cancel();
      [next, how] = [new URL(location, next), undefined];
      if (next.origin !== this.origin) {
        return { answer: next.searchParams, target: next, method: "GET" };
      }
    }
    throw new Error(`${address} redirects without end`);
  }

  /** The form that carries an answer to the client (response mode form_post). */
  #post(page) {
    const { action, fields } = page.form("back");
    assert.notEqual(action.origin, this.origin);
    return { answer: fields, target: action, method: "POST" };
  }

  /** Fills in by ids, presses the button with this id, and goes on from there. */
  submit(page, button, values = {}) {
    const { action, fields, names } = page.form(button);
    for (const [id, value] of Object.entries(values)) fields.append(names.get(id).name, value);
    const pressed = names.get(button);
    if (pressed?.name) fields.append(pressed.name, pressed.value ?? "");
    return this.go(action, { method: "POST", body: fields });
  }

  /**
   * Opens a request to sign in and answers what the pages ask. `factor`: `skip`
   * goes on without a code, as the official suite's browser must; `sms` reads it.
   */
  async authorize(address, { factor = "skip", consent = "allow", init } = {}) {
    let at = await this.go(address, init);
    for (let step = 0; step < STEPS_MAX && at instanceof Page; step += 1) {
      if (at.status >= 400) return at;
      if (at.has("password")) at = await this.#password(at);
      else if (at.has("code")) at = await this.#code(at, factor);
      else if (at.has("allow")) at = await this.#press(at, "consent", consent);
      else return at;
    }
    return at;
  }

  #press(page, step, button, values) {
    this.steps.push(step);
    return this.submit(page, button, values);
  }

  async #password(page) {
    this.who ??= await person(this.world, PEOPLE[this.name].password);
    this.before = (await sentTo(this.world, this.who.phone)).length;
    return this.#press(page, "password", "continue", { "id-number": this.who.idNumber, password: this.who.password });
  }

  async #code(page, factor) {
    if (factor === "skip") return this.#press(page, "code", "skip");
    return this.#press(page, "code", "continue", { code: await codeFor(this.world, this.who.phone, this.before) });
  }
}
