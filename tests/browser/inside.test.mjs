// Every page that needs somebody signed in, in each of its states, and every
// problem page: in both languages, on a phone and a desktop, with axe.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { EXTRACT, INSURANCE, LICENCE, PASSPORT, answering, begin, birthWith, fillIn, submit } from "./forms.mjs";
import { LANGUAGES, ROOT, WIDTHS, checkOnBoth, plain, screenshot, useWorld, visit } from "./harness.mjs";
import { PEOPLE, paperOf, person, signIn, signInOfficer, switchOutside, takeCash, until, untilStage } from "./people.mjs";

const [ARABIC] = LANGUAGES;
/** Where the prepared cases, bills and papers are, by name. */
const places = {};
/** Cookies by person. */
const signedIn = {};

const world = useWorld({ beside: prepare });

const pathOf = (address) => new URL(address, world.server.origin).pathname;

async function as(name, enter, act) {
  const visitor = await visit(world, { language: ARABIC, width: WIDTHS.desktop });
  try {
    await enter(visitor);
    await visitor.page.waitForSelector("#leave");
    signedIn[name] = await visitor.context.storageState();
    await act?.(visitor);
  } catch (error) {
    await screenshot(visitor.page, `failed-inside-${name}`).catch(() => {});
    throw error;
  } finally {
    await visitor.close();
  }
}

/** A case that is sent and not paid; ends on its bill, and gives the bill's path. */
async function owe(visitor) {
  await submit(visitor, EXTRACT);
  await visitor.page.click("#pay");
  return pathOf(visitor.page.url());
}

/** Goes from a bill to the bank, and as far as its challenge; gives where the try and the bank's page are. */
async function toBank({ page }, { challenge = false } = {}) {
  const asked = page.waitForRequest(/\/payments\/attempts\//);
  await page.click("#pay-by-card");
  const attempt = pathOf((await asked).url());
  await page.waitForURL(/\/demo\/bank\/pay\//);
  if (challenge) {
    await page.fill("#card", "4000 0000 0000 3220");
    await page.click("#pay");
    await page.waitForSelector("#pass");
  }
  return { attempt, bank: pathOf(page.url()) };
}

const attemptStage = async ({ page, at }, attempt) => {
  await page.goto(at(`${attempt}/return`));
  return page.locator("#attempt").getAttribute("data-stage", { timeout: 2_000 }).catch(() => undefined);
};

/** Bills in every state, the bank being out in the end. */
async function prepareBills(visitor) {
  const { page, at } = visitor;
  places.bill = await owe(visitor);
  places.sent = pathOf(await page.getAttribute("main a[href*='/cases/']", "href").then((href) => new URL(href, page.url()).href));
  places.settled = await owe(visitor);
  await takeCash(visitor, at(places.settled));
  places.verifying = await owe(visitor);
  places.challenge = (await toBank(visitor, { challenge: true })).bank;
  await owe(visitor);
  places.failed = (await toBank(visitor, { challenge: true })).attempt;
  await page.click("#fail");
  await until("the failure", async () => (await attemptStage(visitor, places.failed)) === "failed");
  places.twice = await owe(visitor);
  const { bank } = await toBank(visitor, { challenge: true });
  await takeCash(visitor, places.twice);
  await page.goto(at(bank));
  await page.click("#pass");
  await until("the second payment", async () => {
    await page.goto(at(places.twice));
    return page.locator("#held").count();
  });
  await owe(visitor);
  Object.assign(places, await toBank(visitor));
  // A second draft, so that its pages are still there.
  await fillIn(visitor, EXTRACT);
  places.check = pathOf(page.url());
  await owe(visitor);
  const unopened = page.url();
  await switchOutside(visitor, "bank");
  await page.goto(unopened);
  await page.click("#pay-by-card");
  await page.waitForSelector("#attempt[data-stage=created]");
  places.opening = pathOf(page.url());
  await until("the unknown outcome", async () => (await attemptStage(visitor, places.attempt)) === "unknown");
}

/** Nobody without work is asked how a premium is paid: there is none. */
const JOBLESS = { service: INSURANCE.service, answers: [null, "#category-4", () => {}, () => {}, "#clinic-1", "#collect-0"] };

/** Questions about several things and of files, a refusal that can be appealed, a time to choose, and a registration that the other parent signs. */
async function prepareForms(visitor) {
  const { page, go } = visitor;
  const draft = pathOf(await begin(visitor, INSURANCE)).replace(/\/form\/.*/, "");
  for (const answer of ["", "#category-0", "#cover-1"]) {
    if (answer) await page.check(answer);
    await page.click("#continue");
  }
  await page.waitForSelector("#add");
  await page.click("#add");
  await page.waitForSelector("#other_number");
  places.dependant = pathOf(page.url());
  await page.goto(draft);
  places.refusal = pathOf(await submit(visitor, answering(INSURANCE, "#category-0", "#category-6")));
  await untilStage(visitor, places.refusal, "closed");
  await go("/services/mofae.attest/start");
  await page.click("#start");
  await page.waitForURL(/\/form\//);
  await page.click("#continue");
  await page.check("#source-1");
  await page.click("#continue");
  await page.check("#issuer-0");
  await page.click("#continue");
  await page.waitForURL(/\/scans$/);
  places.attach = pathOf(page.url()).replace("/form/", "/attach/");
  places.appointed = pathOf(await submit(visitor, PASSPORT));
  await page.click("#pay");
  await takeCash(visitor, page.url());
  await untilStage(visitor, places.appointed, "waiting");
  await submit(visitor, birthWith((await person(world, PEOPLE.wisam.password)).idNumber));
}

/** One of everything that a page may show. */
async function prepare() {
  await as("new", (visitor) => signIn(world, visitor, "tareq"));
  await as("waived", (visitor) => signIn(world, visitor, "amal"), async (visitor) => {
    await untilStage(visitor, await submit(visitor, EXTRACT), "closed");
    places.notice = pathOf(await visitor.page.getAttribute("#receipt", "href"));
    places.waivedCase = pathOf(visitor.page.url());
    places.waived = places.notice.replace(/\/receipt$/, "");
    places.held = (await paperOf(visitor.page)).code;
    await untilStage(visitor, await submit(visitor, EXTRACT), "closed");
    places.revoked = (await paperOf(visitor.page)).code;
  });
  await as("open", (visitor) => signIn(world, visitor, "salma"), async (visitor) => {
    await prepareForms(visitor);
    await prepareBills(visitor);
  });
  await as("father", (visitor) => signIn(world, visitor, "wisam"), async ({ page, go }) => {
    await go("/co-sign");
    places.coSign = pathOf(await page.getAttribute(".cards a", "href"));
  });
  await as("jobless", (visitor) => signIn(world, visitor, "rami"), async (visitor) => {
    await untilStage(visitor, await submit(visitor, JOBLESS), "waiting");
  });
  await as("labour", (visitor) => signInOfficer(world, visitor, "labour.nablus"), async ({ page, go }) => {
    await go("/desk/turns");
    places.turn = pathOf(await page.getAttribute("tbody a", "href"));
  });
  await as("driver", (visitor) => signIn(world, visitor, "samir"), async (visitor) => {
    places.licence = pathOf(await submit(visitor, LICENCE));
    await visitor.page.click("#pay");
    await takeCash(visitor, visitor.page.url());
    await untilStage(visitor, places.licence, "deciding");
  });
  await as("clerk", (visitor) => signInOfficer(world, visitor, "clerk.ramallah"));
  await as("agent", (visitor) => signInOfficer(world, visitor, "post.nablus"));
  await as("supervisor", (visitor) => signInOfficer(world, visitor, "supervisor.ramallah"), async ({ page, go }) => {
    await go(`/desk/papers?paper=${places.revoked}`);
    await page.fill("#reason", "صدرت بالخطأ");
    await page.click("#revoke");
    await page.waitForSelector("#found[data-state=revoked]");
  });
  await as("technical", (visitor) => signInOfficer(world, visitor, "technical"));
  await as("quality", (visitor) => signInOfficer(world, visitor, "quality"), async (visitor) => {
    places.decree = await proposeClosure(visitor, "Closed for work on the road");
    places.refused = await proposeClosure(visitor, "Closed for a second time");
    await visitor.go("/desk/calendar");
    places.entry = pathOf(await visitor.page.getAttribute("#entries a", "href"));
  });
  await as("quality2", (visitor) => signInOfficer(world, visitor, "quality2"), async ({ page, at }) => {
    await page.goto(at(places.refused));
    await page.click("#refuse");
    await page.waitForSelector("#refuse", { state: "detached" });
  });
  await as("authentication", (visitor) => signInOfficer(world, visitor, "authentication"), prepareOfficers);
  await as("authentication2", (visitor) => signInOfficer(world, visitor, "authentication2"), async ({ page, at, go }) => {
    await page.goto(at(places.decided));
    await page.click("#approve");
    await page.waitForSelector("#approve", { state: "detached" });
    await go("/desk/identity/clients/suspended");
    await page.fill("#reason", "انتهى العمل به");
    await page.click("#suspend");
    await page.waitForSelector("#client[data-stage=suspended]");
  });
}

/** A closure that one officer proposes; gives the proposal's path. */
async function proposeClosure({ page, go }, name) {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await go("/desk/calendar/new/closure");
  await page.selectOption("#scope", "governorate:JRH");
  for (const day of ["first", "last"]) await page.fill(`#${day}`, tomorrow);
  await page.fill("#name_ar", "إغلاق لصيانة الطريق");
  await page.fill("#name_en", name);
  await page.fill("#decree", "21/2026");
  await page.click("#propose");
  await page.waitForSelector("#own");
  return pathOf(page.url());
}

/** A client that another officer is to decide on, a change that waits, an account that is locked and one that is not. */
async function prepareOfficers({ page, go }) {
  const propose = async () => {
    await page.click("#propose");
    await page.waitForSelector("#own");
    return pathOf(page.url());
  };
  await go("/desk/identity/clients/new");
  await page.fill("#client_id", "suspended");
  await page.fill("#client_name", "نظام موقوف");
  await page.fill("#client_name-en", "A suspended system");
  await page.fill("#sector", "samples");
  await page.selectOption("#preset", "legacy");
  await page.fill("#redirect_uris", "https://samples.example/callback");
  await page.fill("#client_secret", "ab".repeat(32));
  await page.fill("#secret_until", "2999-12-31");
  places.decided = await propose();
  await go("/desk/identity/clients/demo-municipality/change");
  await page.fill("#sector", "towns");
  places.proposal = await propose();
  const account = async (name) => {
    await go("/desk/identity/accounts");
    await page.fill("#id-number", (await person(world, PEOPLE[name].password)).idNumber);
    await page.click("#find");
    await page.waitForSelector("#account");
    return pathOf(page.url());
  };
  places.account = await account("salma");
  places.locked = await account("samir");
  await page.fill("#reason", "فقدان الهاتف");
  await page.click("#lock");
  await page.waitForSelector("#account[data-stage=locked]");
}

const deskCase = () => `/desk${places.licence}`;

/** What is met while the bank is out: by whom, the path, the status. */
const OUT = {
  "/payments/attempts/{attempt}": { opening: ["open", () => places.opening], unknown: ["open", () => places.attempt] },
  "/demo/bank/pay/{session}": { out: ["open", () => places.bank, 503] },
};

/** Where each other state is met. */
const STATES = {
  "/account": { ok: ["waived", "/account"] },
  "/account/password": { ok: ["waived", "/account/password"] },
  "/account/acting": { empty: ["new", "/account/acting"] },
  "/account/companies": { empty: ["new", "/account/companies"] },
  "/account/companies/{company}/give": { 404: ["new", "/account/companies/none/give", 404] },
  "/account/mandates": { empty: ["new", "/account/mandates"] },
  "/account/mandates/new": { ok: ["new", "/account/mandates/new"] },
  "/device/{request}": { 404: ["new", "/device/none", 404] },
  "/bills/{bill}": {
    open: ["open", () => places.bill],
    verifying: ["open", () => places.verifying],
    paid: ["open", () => places.settled],
    waived: ["waived", () => places.waived],
    twice: ["open", () => places.twice],
    404: ["open", "/bills/none", 404],
  },
  "/bills/{bill}/receipt": { paid: ["open", () => `${places.settled}/receipt`], waived: ["waived", () => places.notice], 404: ["open", () => `${places.bill}/receipt`, 404] },
  "/cases": { ok: ["open", "/cases"], empty: ["new", "/cases"] },
  "/cases/{case}": { ok: ["open", () => places.sent], 404: ["new", () => places.sent, 404] },
  "/cases/{case}/check": { ok: ["open", () => places.check], 404: ["open", "/cases/none/check", 404] },
  "/cases/{case}/form/{page}": {
    ok: ["open", () => places.check.replace("check", "form/purpose")],
    known: ["open", () => places.check.replace("check", "form/identity")],
    404: ["open", () => places.check.replace("check", "form/none"), 404],
  },
  "/cases/{case}/form": { 404: ["open", "/cases/none/form", 404] },
  "/cases/{case}/resume": { ok: ["open", () => places.check.replace("check", "resume")], 404: ["open", "/cases/none/resume", 404] },
  "/resume": { ok: ["open", "/resume"] },
  "/life-events/{key}/start": { 404: ["open", "/life-events/driving/start", 404] },
  "/bundles/{bundle}": { 404: ["open", "/bundles/none", 404] },
  "/bundles/{bundle}/check": { 404: ["open", "/bundles/none/check", 404] },
  "/cases/{case}/form/{page}/{entry}": { ok: ["open", () => places.dependant], 404: ["open", () => places.check.replace("check", "form/purpose/0"), 404] },
  "/cases/{case}/appointment": { ok: ["open", () => `${places.appointed}/appointment`], 404: ["open", () => `${places.sent}/appointment`, 404] },
  "/cases/{case}/appeal": { ok: ["open", () => `${places.refusal}/appeal`], 404: ["open", () => `${places.sent}/appeal`, 404] },
  "/cases/{case}/attach/{field}": { ok: ["open", () => places.attach], 404: ["open", () => `${places.sent}/attach/none`, 404] },
  "/cases/{case}/files/{file}": { 404: ["open", () => `${places.sent}/files/none`, 404] },
  "/cases/{case}/uploads/{name}": { 404: ["open", () => `${places.sent}/uploads/none`, 404] },
  "/cases/{case}/withdraw": { ok: ["open", () => `${places.sent}/withdraw`], 404: ["new", () => `${places.sent}/withdraw`, 404] },
  "/co-sign": { ok: ["father", "/co-sign"], empty: ["waived", "/co-sign"] },
  "/co-sign/{turn}": { ok: ["father", () => places.coSign], 404: ["waived", "/co-sign/none", 404] },
  "/co-sign/{turn}/files/{file}": { 404: ["waived", "/co-sign/none/files/none", 404] },
  "/desk/turns": { ok: ["labour", "/desk/turns"], empty: ["clerk", "/desk/turns"] },
  "/desk/turns/{turn}": { ok: ["labour", () => places.turn], 404: ["clerk", "/desk/turns/none", 404] },
  "/inbox": { ok: ["waived", "/inbox"], empty: ["new", "/inbox"] },
  "/looks": { ok: ["open", "/looks"], empty: ["new", "/looks"] },
  "/papers": { ok: ["waived", "/papers"], empty: ["new", "/papers"] },
  "/papers/{paper}": { 404: ["waived", "/papers/none", 404] },
  "/payments/attempts/{attempt}": { failed: ["open", () => places.failed], 404: ["open", "/payments/attempts/none", 404] },
  "/payments/attempts/{attempt}/return": {
    waiting: ["open", () => `${places.attempt}/return`],
    failed: ["open", () => `${places.failed}/return`],
    404: ["open", "/payments/attempts/none/return", 404],
  },
  "/receipts/{leaf}": { 404: ["open", "/receipts/none", 404] },
  "/services/{key}/start": { ok: ["new", "/services/mot.licence.renew/start"], 404: ["new", "/services/none/start", 404] },
  "/sign-out": { ok: ["open", "/sign-out"] },
  "/desk": { ok: ["clerk", "/desk"] },
  "/desk/queue": { ok: ["clerk", "/desk/queue"] },
  "/desk/cases/{case}": { ok: ["clerk", deskCase], 404: ["clerk", "/desk/cases/none", 404] },
  "/desk/cases/{case}/files/{file}": { 404: ["clerk", "/desk/cases/none/files/none", 404] },
  "/desk/turns/{turn}/files/{file}": { 404: ["clerk", "/desk/turns/none/files/none", 404] },
  "/desk/cases/{case}/papers/{paper}": { 404: ["clerk", "/desk/cases/none/papers/none", 404] },
  "/desk/parcels": { empty: ["clerk", "/desk/parcels"] },
  "/desk/prints": { empty: ["clerk", "/desk/prints"] },
  "/desk/prints/{batch}": { 404: ["clerk", "/desk/prints/none", 404] },
  "/desk/prints/{batch}/papers.pdf": { 404: ["clerk", "/desk/prints/none/papers.pdf", 404] },
  "/desk/collection": { ok: ["agent", "/desk/collection"] },
  "/desk/counter": { ok: ["agent", "/desk/counter"] },
  "/desk/counter/{comparison}": { 404: ["agent", "/desk/counter/none", 404] },
  "/desk/exchange": { ok: ["technical", "/desk/exchange"] },
  "/desk/certificates": { ok: ["technical", "/desk/certificates"] },
  "/desk/papers": {
    ok: ["supervisor", "/desk/papers"],
    holds: ["supervisor", () => `/desk/papers?paper=${places.held}`],
    revoked: ["supervisor", () => `/desk/papers?paper=${places.revoked}`],
    empty: ["supervisor", "/desk/papers?paper=P-0000-0000"],
  },
  "/desk/late": { empty: ["quality", "/desk/late"] },
  "/desk/calendar": { ok: ["quality", "/desk/calendar"] },
  "/desk/services": { empty: ["quality", "/desk/services"] },
  "/desk/services/{key}/invited": {
    ok: ["quality", "/desk/services/moi.family.extract/invited"],
    404: ["quality", "/desk/services/none/invited", 404],
  },
  "/desk/services/{key}/{version}": {
    signed: ["quality", "/desk/services/moi.family.extract/1"],
    404: ["quality", "/desk/services/none/1", 404],
  },
  "/desk/calendar/new/{kind}": { ok: ["quality", "/desk/calendar/new/hours"], 404: ["quality", "/desk/calendar/new/none", 404] },
  "/desk/calendar/{entry}": {
    ok: ["quality", () => places.entry],
    own: ["quality", () => places.decree],
    waiting: ["quality2", () => places.decree],
    decided: ["quality", () => places.refused],
    404: ["quality", "/desk/calendar/none", 404],
  },
  "/desk/calendar/{entry}/change": {
    ok: ["quality", () => `${places.entry}/change`],
    404: ["quality", () => `${places.refused}/change`, 404],
  },
  "/desk/identity": { ok: ["authentication", "/desk/identity"] },
  "/desk/identity/clients": { ok: ["authentication", "/desk/identity/clients"] },
  "/desk/identity/clients/new": { ok: ["authentication", "/desk/identity/clients/new"] },
  "/desk/identity/clients/{client}": {
    ok: ["authentication", "/desk/identity/clients/demo-municipality"],
    own: ["authentication", "/desk/identity/clients/portal"],
    suspended: ["authentication", "/desk/identity/clients/suspended"],
    404: ["authentication", "/desk/identity/clients/none", 404],
  },
  "/desk/identity/clients/{client}/change": {
    ok: ["authentication", "/desk/identity/clients/demo-municipality/change"],
    404: ["authentication", "/desk/identity/clients/none/change", 404],
  },
  "/desk/identity/proposals": { ok: ["authentication", "/desk/identity/proposals"] },
  "/desk/identity/proposals/{proposal}": {
    own: ["authentication", () => places.proposal],
    ok: ["authentication2", () => places.proposal],
    decided: ["authentication", () => places.decided],
    404: ["authentication", "/desk/identity/proposals/none", 404],
  },
  "/desk/identity/accounts": { ok: ["authentication", "/desk/identity/accounts"] },
  "/desk/identity/accounts/{account}": {
    ok: ["authentication", () => places.account],
    locked: ["authentication", () => places.locked],
    404: ["authentication", "/desk/identity/accounts/none", 404],
  },
  "/desk/identity/officers": { ok: ["authentication", "/desk/identity/officers"] },
  "/desk/identity/mandates": { ok: ["authentication", "/desk/identity/mandates"] },
  "/desk/identity/proofing/{comparison}": { 404: ["authentication", "/desk/identity/proofing/none", 404] },
  "/desk/identity/assurance": { ok: ["authentication", "/desk/identity/assurance"] },
  "/desk/identity/figures": { ok: ["authentication", "/desk/identity/figures"] },
  "/verify/{code}": {
    holds: ["new", () => `/verify/${places.held}`],
    revoked: ["new", () => `/verify/${places.revoked}`],
    "no-copy": ["new", () => `/verify/${places.held}?copy=9&of=9`],
  },
  "/demo": { ok: ["new", "/demo"] },
  "/demo/pos": { ok: ["new", "/demo/pos"] },
  "/demo/bank/pay/{session}": {
    card: ["open", () => places.bank],
    challenge: ["open", () => places.challenge],
    404: ["open", "/demo/bank/pay/none", 404],
  },
};

/** States that the journeys inspect on their way: who is compared at a counter, whom one trusts, a silent register, papers that wait for a printer and a parcel, a queue that was emptied, ways to sign in of citizens and officers, a bundle of services, all questions on one page, no proposal that waits, somebody who acts for another, versions that wait for signatures (a demo has none). */
const ON_THE_WAY = {
  "/account/acting": ["ok"],
  "/account/companies": ["ok"],
  "/account/companies/{company}/give": ["ok", "low"],
  "/account/mandates": ["ok"],
  "/account/mandates/new": ["low"],
  "/account/contacts": ["ok", "fresh"],
  "/account/factors": ["ok", "fresh"],
  "/account/factors/app": ["ok"],
  "/account/certificates": ["ok", "fresh", "low"],
  "/cases/{case}/form/{page}": ["silent"],
  "/cases/{case}/form": ["ok"],
  "/resume": ["unknown"],
  "/life-events/{key}/start": ["ok"],
  "/bundles/{bundle}": ["ok", "sent"],
  "/bundles/{bundle}/check": ["ok"],
  "/device": ["ok"],
  "/device/{request}": ["ok", "step-up", "unmet", "allowed", "refused"],
  "/desk/account": ["ok", "fresh"],
  "/desk/account/app": ["ok"],
  "/desk/counter/{comparison}": ["ok", "passport", "no-photo", "same", "code", "waiting"],
  "/desk/identity/proofing": ["ok", "empty"],
  "/desk/identity/proofing/{comparison}": ["ok", "decided"],
  "/desk/identity/proposals": ["empty"],
  "/desk/late": ["ok"],
  "/desk/parcels": ["ok"],
  "/desk/prints": ["ok"],
  "/desk/prints/{batch}": ["ok"],
  "/desk/queue": ["empty"],
  "/desk/services": ["ok"],
  "/desk/services/{key}/{version}": ["ok", "returned"],
};

/** What a visitor may meet instead of a page (`/demo/problems/{kind}`), with its status. */
const PROBLEMS = {
  "bad-request": 400, "form-expired": 400, unauthorised: 401, "sign-in-first": 401, forbidden: 403, "assurance-too-low": 403,
  "not-found": 404, "method-not-allowed": 405, "too-slow": 408, conflict: 409, "too-large": 413, "unsupported-type": 415,
  misdirected: 421, refused: 422, "too-many": 429, internal: 500, unavailable: 503, "read-only": 503, unknown: 202,
};

/** One window for each person and language: a new one for each page takes longer than the page. */
const windows = new Map();

async function windowOf(who, language) {
  const name = `${who} ${language.tag}`;
  if (!windows.has(name)) {
    // What the app keeps for days without a network is not what is looked at here.
    const visitor = await visit(world, { language, storageState: signedIn[who], serviceWorkers: "block" });
    // A page that waits leads on by itself; here it stands still to be looked at.
    await visitor.page.route(/\/payments\/attempts\//, async (route) => {
      const response = await route.fetch();
      const { refresh, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
    windows.set(name, visitor);
  }
  return windows.get(name);
}

async function inspectEverywhere(name, who, path, status) {
  for (const language of LANGUAGES) {
    const { page, at, problems } = await windowOf(who, language);
    const answer = await page.goto(at(path));
    assert.equal(answer.status(), status, at(path));
    // Whose session has ended is led to the sign-in, and that page is another.
    assert.doesNotMatch(new URL(page.url()).pathname, /^(\/en)?\/sign-in/, at(path));
    assert.equal(await page.getAttribute("html", "dir"), language.direction);
    await checkOnBoth(page, `inside-${name}-${language.tag}`);
    assert.deepEqual(problems.splice(0), []);
  }
}

test("every page behind a sign-in has its states listed here", async () => {
  const routes = (await readFile(join(ROOT, "docs/routes.txt"), "utf8")).split("\n").map((line) => line.split(/\s{2,}/));
  const people = /^(citizen|officer|any session|demo only)/;
  const pages = routes.filter(([listener, , method, right, , states]) => listener === "public" && method === "GET" && people.test(right) && states);
  assert.ok(pages.length > 20);
  for (const [, path, , , , states] of pages.filter(([, path]) => path !== "/demo/problems/{kind}")) {
    const met = [...Object.keys(OUT[path] ?? {}), ...Object.keys(STATES[path] ?? {}), ...(ON_THE_WAY[path] ?? [])];
    assert.deepEqual(met.sort(), states.split(" ").sort(), `the states of ${path}`);
  }
});

function inspectAll(table) {
  for (const [route, states] of Object.entries(table)) {
    for (const [state, [who, path, status = 200]] of Object.entries(states)) {
      test(`${route} is accessible when ${state}`, () => inspectEverywhere(`${route}-${state}`, who, typeof path === "function" ? path() : path, status));
    }
  }
}

inspectAll(OUT);

test("the bank answers again", async () => {
  const visitor = await visit(world, { language: ARABIC });
  try {
    await switchOutside(visitor, "bank");
    assert.equal((await visitor.page.goto(visitor.at("/demo/bank/pay/none"))).status(), 404);
  } finally {
    await visitor.close();
  }
});

inspectAll(STATES);

/** Long lists, and somebody who has some lines in each. */
const LISTS = { "/cases": "open", "/inbox": "waived", "/looks": "waived", "/papers": "waived" };

for (const [path, who] of Object.entries(LISTS)) {
  test(`${path} leads on to older lines, and shows each once`, async () => {
    for (const language of LANGUAGES) {
      const { page, at, problems } = await windowOf(who, language);
      const lines = () => page.locator("main .cards > .card").allTextContents();
      // Whoever looks at messages has seen them; the second time they are no longer new.
      await page.goto(at(path));
      await page.goto(at(path));
      const all = await lines();
      assert.ok(all.length > 1, `${who} has ${all.length} lines in ${path}`);
      assert.equal(await page.locator("#older").count(), 0);
      await page.goto(at(`${path}?rows=1`));
      const newest = await lines();
      await checkOnBoth(page, `inside-${path}-older-${language.tag}`);
      await page.click("#older");
      await page.waitForURL(/after=/);
      assert.deepEqual([...newest, ...(await lines())], all);
      assert.equal(newest.length, 1);
      assert.deepEqual(problems.splice(0), []);
    }
  });
}

test("the header greets people and officers by their name in the page's language", async () => {
  const names = { open: { ar: "سلمى عواد", en: "Salma Awwad" }, clerk: { ar: /[\u0600-\u06ff]/, en: /^[\w' -]+$/ } };
  for (const [who, name] of Object.entries(names)) {
    for (const language of LANGUAGES) {
      const { page, at } = await windowOf(who, language);
      await page.goto(at(who === "clerk" ? "/desk" : "/cases"));
      const greeted = plain(await page.textContent("#account"));
      if (typeof name[language.tag] === "string") assert.equal(greeted, name[language.tag]);
      else assert.match(greeted, name[language.tag]);
    }
  }
});

test("a waiver is called one on the timeline, the bill and its notice, with its reason", async () => {
  const words = {
    ar: { waived: /الإعفاء من الرسوم/, bill: /أُعفيت هذه المعاملة/, title: /إشعار إعفاء/, reason: "إعفاء منتفعي المساعدات الاجتماعية", paid: /سُدِّد|وقت الدفع|إيصال دفع/ },
    en: { waived: /Fee waived/, bill: /whole fee is waived/, title: /Notice of a waiver/, reason: "Waived for people on social assistance", paid: /settled|Paid at|Payment receipt|Fee paid/ },
  };
  for (const language of LANGUAGES) {
    const { page, at } = await windowOf("waived", language);
    const { waived, bill, title, reason, paid } = words[language.tag];
    for (const [path, says] of [[places.waivedCase, waived], [places.waived, bill], [places.notice, title]]) {
      await page.goto(at(path));
      const said = plain(await page.textContent("main"));
      assert.match(said, says);
      assert.ok(said.includes(reason), said);
      assert.doesNotMatch(said, paid);
    }
  }
});

for (const [kind, status] of Object.entries(PROBLEMS)) {
  test(`the problem ${kind} is accessible`, () => inspectEverywhere(`problem-${kind}`, "new", `/demo/problems/${kind}`, status));
}
