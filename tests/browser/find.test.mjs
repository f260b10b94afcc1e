// Walk, line 1: finding a service, with scripts on and off; and every public
// page in each of its states, in both languages, on a phone and a desktop.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { PEOPLE, beginOpening, codeFor, person, signIn } from "./people.mjs";
import { LANGUAGES, ROOT, checkOnBoth, journey, plain, shekels, useWorld, visit } from "./harness.mjs";

const world = useWorld();

/** States of papers, which inside.test.mjs has, of the ways back into an account, which factors.test.mjs and counter.test.mjs have, of an account opened abroad, which abroad.test.mjs has, of a late form, which idle.test.mjs has, and of a locked desk, which staff.test.mjs has. */
const ELSEWHERE = {
  "/account/open/{opening}": ["passport", "contact", "email", "passkey", "reached"],
  "/verify/{code}": ["holds", "revoked", "no-copy"],
  "/account/recover/{recovery}": ["code", "password"],
  "/desk/readmission/{readmission}": ["ok"],
  "/account/recover/contacts/{vouching}": ["ok", "waiting"],
  "/kept": ["ok", "unsent"],
  "/account/sign-in/{request}": ["locked"],
};

async function signedIn(visitor, path) {
  // Not the one whose code page was just met four times: a name may sign in five times a minute.
  await signIn(world, visitor, "samir");
  await visitor.page.waitForURL(/\/cases$/);
  await visitor.page.goto(visitor.at(path));
}

const golden = [...(await readFile(join(ROOT, "services/search.toml"), "utf8")).matchAll(/query = "([^"]+)"(?:, first = "([^"]+)")?/g)];

/** Nadia has one telephone, Wafaa has two, Yousef has none; they are found by their day of birth. */
const [ONE_PHONE, TWO_PHONES, NO_PHONE] = ["1996-11-08", "1990-12-01", "1948-01-30"];

const openTo = (born, options) => (visitor) => beginOpening(world, visitor, born, options);

/** Where each state of a public page is met: a path, or how to get there; and the expected status. */
const STATES = {
  "/account/ended": { ok: ["/account/ended", 200] },
  "/account/open": { ok: ["/account/open", 200] },
  "/account/open/abroad": { ok: ["/account/open/abroad", 200] },
  "/account/open/missions": { ok: ["/account/open/missions?country=JO", 200], elsewhere: ["/account/open/missions", 200] },
  "/account/open/{opening}": {
    born: [
      async ({ page, at }) => {
        await page.goto(at("/account/open"));
        await page.fill("#id-number", (await person(world, ONE_PHONE)).idNumber);
        await page.click("#continue");
        await page.waitForSelector("#birth-day");
      },
      200,
    ],
    choose: [openTo(TWO_PHONES), 200],
    code: [openTo(ONE_PHONE), 200],
    password: [
      async (visitor) => {
        const who = await beginOpening(world, visitor, ONE_PHONE);
        await visitor.page.fill("#code", await codeFor(world, who.phone, who.before));
        await visitor.page.click("#continue");
        await visitor.page.waitForSelector("#new-password");
      },
      200,
    ],
    low: [openTo(NO_PHONE), 200],
    refused: [openTo(ONE_PHONE, { given: "1990-01-01" }), 200],
    404: ["/account/open/none", 404],
  },
  "/kept": { 404: ["/kept", 404] },
  "/account/recover": { ok: ["/account/recover", 200] },
  "/account/recover/contacts": { ok: ["/account/recover/contacts", 200] },
  "/account/recover/contacts/{vouching}": { 404: ["/account/recover/contacts/none", 404] },
  "/account/recover/cancel": { ok: ["/account/recover/cancel", 200] },
  "/account/recover/cancel/{code}": { ok: ["/account/recover/cancel/MZXW-6YTB-OIQX-3KPA", 200] },
  "/account/recover/{recovery}": { 404: ["/account/recover/none", 404] },
  "/account/sign-in/{request}": {
    ok: ["/sign-in", 200],
    officer: ["/desk/sign-in", 200],
    code: [
      async (visitor) => {
        const who = await person(world, PEOPLE.salma.password);
        await visitor.page.goto(visitor.at("/sign-in?level=substantial"));
        await visitor.page.fill("#id-number", who.idNumber);
        await visitor.page.fill("#password", who.password);
        await visitor.page.click("#continue");
        await visitor.page.waitForSelector("#code");
      },
      200,
    ],
    consent: [
      async (visitor) => {
        const { page, at } = visitor;
        // Not one who signs in elsewhere in this file: a name may sign in five times a minute.
        await signIn(world, visitor, "tareq");
        await page.waitForURL(/\/cases$/);
        await page.goto(at("/demo"));
        await page.click("#to-municipality");
        await page.waitForSelector("#allow");
        assert.match(plain(await page.textContent("main")), /بلدية التجربة|Sample Municipality/);
      },
      200,
    ],
    404: ["/account/sign-in/none", 404],
  },
  "/account/sign-in/{request}/certificate": { 404: ["/account/sign-in/none/certificate", 404] },
  "/sign-in": { ok: ["/sign-in", 200] },
  "/sign-in/callback": { error: ["/sign-in/callback", 400] },
  "/desk/readmission": { ok: ["/desk/readmission", 200] },
  "/desk/readmission/{readmission}": { 404: ["/desk/readmission/none", 404] },
  "/desk/sign-in": { ok: ["/desk/sign-in", 200] },
  "/desk/sign-in/callback": { error: ["/desk/sign-in/callback", 400] },
  "/oauth2/authorize": { 400: ["/oauth2/authorize", 400] },
  "/oauth2/end-session": { empty: ["/oauth2/end-session", 200], ok: [(visitor) => signedIn(visitor, "/oauth2/end-session"), 200] },
  "/": { ok: ["/", 200] },
  "/offline": { ok: ["/offline", 200] },
  "/accessibility": { ok: ["/accessibility", 200] },
  "/privacy": { ok: ["/privacy", 200] },
  "/terms": { ok: ["/terms", 200] },
  "/services": { ok: ["/services", 200] },
  "/services/{key}": { ok: ["/services/mot.licence.renew", 200], 404: ["/services/none", 404] },
  "/search": { found: ["/search?q=rokhsa", 200], empty: ["/search?q=qwzx", 200] },
  "/life-events/{key}": { ok: ["/life-events/family", 200], 404: ["/life-events/none", 404] },
  "/offices": { ok: ["/offices", 200] },
  "/verify": { ok: ["/verify", 200] },
  "/verify/{code}": { 404: ["/verify/P-0000-0000", 404] },
  "/offices/{key}": { ok: ["/offices/post.ramallah", 200], 404: ["/offices/none", 404] },
};

journey(world, "a service is found from home and says what it costs", async ({ page, go, language }) => {
  await go("/");
  await page.fill("#q", "رخصه سياقه");
  await page.click("form[role=search] button");
  const first = page.locator(".card a").first();
  assert.match(await first.getAttribute("href"), /\/services\/mot\.licence\.renew$/);
  await first.click();
  assert.equal(await page.locator("h1").count(), 1);
  assert.ok(plain(await page.textContent("main")).includes(shekels(language, "100.00")));
});

journey(world, "an office says when it is open, and whether one gets in without steps", async ({ page, go, language }) => {
  await go("/offices");
  const steps = language.tag === "ar" ? /مدخل بلا درج|في المدخل درج/ : /step-free entrance|steps at the entrance/;
  assert.equal(await page.locator(".card", { hasText: steps }).count(), await page.locator(".card").count());
  await go("/offices/post.nablus");
  const said = plain(await page.textContent("main"));
  const expected = language.tag === "ar" ? ["من 08:00 إلى 14:30", "من الأحد إلى الخميس"] : ["08:00 to 14:30", "Sunday to Thursday"];
  for (const words of expected) assert.ok(said.includes(words), said);
});

test("every golden query finds its service first, scripts off", async () => {
  assert.ok(golden.length >= 30, `${golden.length} queries`);
  const visitor = await visit(world, { language: LANGUAGES[0], scripts: false });
  try {
    for (const [, query, first] of golden) {
      await visitor.go(`/search?q=${encodeURIComponent(query)}`);
      const cards = visitor.page.locator(".card a");
      if (first === undefined) {
        assert.equal(await cards.count(), 0, `“${query}” finds something`);
        assert.equal(await visitor.page.locator("#nothing-found").count(), 1);
      } else {
        assert.equal(await cards.first().getAttribute("href"), `/services/${first}`, `“${query}”`);
      }
    }
  } finally {
    await visitor.close();
  }
});

test("every public page has its states listed here", async () => {
  const routes = (await readFile(join(ROOT, "docs/routes.txt"), "utf8")).split("\n").map((line) => line.split(/\s{2,}/));
  // Files for machines have no states.
  const files = [
    "/.well-known/openid-configuration",
    "/account/certificate.js",
    "/account/passkey.js",
    "/api/openapi.json",
    "/api/v1/services",
    "/api/v1/services/{key}",
    "/app.js",
    "/lock.js",
    "/audit/checkpoint",
    "/audit/consistency/{old}/{new}",
    "/ca/crl",
    "/ca/issuing.crt",
    "/ca/ocsp/{*question}",
    "/ca/persons.crl",
    "/ca/persons.crt",
    "/ca/root.crt",
    "/exchange/configuration",
    "/files.js",
    "/icon-192.png",
    "/icon-512.png",
    "/icon.svg",
    "/manifest.webmanifest",
    "/oauth2/form-post.js",
    "/oauth2/jwks",
    "/sitemap.xml",
    "/sw.js",
    "/verify/revoked",
  ];
  const pages = routes.filter(([listener, path, method, right]) => listener === "public" && method === "GET" && right === "public" && !files.includes(path));
  for (const [, path, , , , states] of pages) {
    const met = [...Object.keys(STATES[path] ?? {}), ...(ELSEWHERE[path] ?? [])];
    assert.deepEqual(met.sort(), (states ?? "").split(" ").sort(), `the states of ${path}`);
  }
});

for (const [route, states] of Object.entries(STATES)) {
  for (const [state, [path, status]] of Object.entries(states)) {
    test(`${route} is accessible when ${state}`, async () => {
      for (const language of LANGUAGES) {
        const visitor = await visit(world, { language });
        try {
          if (typeof path === "function") {
            await path(visitor);
            await visitor.page.waitForSelector("h1");
          } else {
            const answer = await visitor.page.goto(`${language.prefix}${path}`.replace(/^(\/en)\/$/, "$1"));
            assert.equal(answer.status(), status, path);
          }
          assert.equal(await visitor.page.getAttribute("html", "dir"), language.direction);
          await checkOnBoth(visitor.page, `${route}-${state}-${language.tag}`);
        } finally {
          await visitor.close();
        }
      }
    });
  }
}
