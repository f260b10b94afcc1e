// A citizen's own certificate: an office has seen them, they make key and request
// with OpenSSL, paste the request, and sign in with certificate and password. TLS
// shows the certificate by Node's own client; OpenSSL judges what was issued. What
// others try is in crates/identity/tests/router/personal_certificates.rs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { LANGUAGES, checkOnBoth, plain, useWorld, visit } from "./harness.mjs";
import { PEOPLE, atDesk, person, signIn, until } from "./people.mjs";

const run = promisify(execFile);
const world = useWorld();
const AGENT = "post.nablus";
/** One person for each language, so that nobody signs in more often than a person may. */
const OF = { ar: "salma", en: "amal" };

/** A folder with what OpenSSL makes in it. */
async function withOpenssl(work) {
  const folder = await mkdtemp(join(tmpdir(), "hukumati-certificate-"));
  try {
    await work({
      at: (name) => join(folder, name),
      openssl: async (...words) => (await run("openssl", words, { cwd: folder })).stdout,
      put: (name, bytes) => writeFile(join(folder, name), bytes),
      read: (name) => readFile(join(folder, name), "utf8"),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An office compares the person with the registry's photo. */
async function seen(language, idNumber) {
  await atDesk(world, { language, scripts: true }, AGENT, "/desk/counter", async ({ page }) => {
    await page.fill("#id-number", idNumber);
    await page.click("#ask");
    await page.check("#compared");
    await page.click("#same");
    await page.waitForSelector("#proven");
  });
}

/** Where a browser with this certificate is led. */
function shown(address, identity) {
  return new Promise((resolve, reject) => {
    const asked = https.get(address, { ...identity, agent: false }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode, location: answer.headers.location ?? "" });
    });
    asked.on("error", reject);
  });
}

/** What a machine's door says. */
function asked(address, identity) {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = https.request(address, { ...identity, method: "POST", headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on("error", reject);
    sent.end('{"code":"10000000000000"}');
  });
}

const bytes = async (path) => Buffer.from(await (await fetch(`${world.server.origin}${path}`)).arrayBuffer());

for (const language of LANGUAGES) {
  test(`a certificate is asked for, signs in with the password, and is revoked (${language.tag})`, async () => {
    const visitor = await visit(world, { language, scripts: true });
    const { page, context, at, go } = visitor;
    const who = await person(world, PEOPLE[OF[language.tag]].password);
    try {
      await withOpenssl(async ({ at: file, openssl, put, read }) => {
        await signIn(world, visitor, OF[language.tag], "/account/factors");
        await page.click("#to-certificates");
        await page.waitForSelector("#unseen");
        await checkOnBoth(page, `certificates-low-${language.tag}`);
        await seen(language, who.idNumber);
        await page.reload();
        await page.waitForSelector("#request");
        await checkOnBoth(page, `certificates-fresh-${language.tag}`);

        // A weak key first: said in a sentence, and what was pasted stays.
        const make = (...kind) => openssl("req", "-new", "-nodes", "-subj", "/", "-keyout", "key.pem", "-out", "request.pem", ...kind);
        await make("-newkey", "rsa:2048");
        await page.fill("#request", await read("request.pem"));
        await page.click("#ask");
        await page.waitForSelector("#request-error");
        await checkOnBoth(page, `certificates-weak-${language.tag}`);
        await make("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256");
        // From the file this time.
        await page.setInputFiles("#file", file("request.pem"));
        await page.waitForFunction((text) => document.querySelector("#request").value === text, await read("request.pem"));
        await page.click("#ask");
        await page.waitForSelector("#certificates .card");
        await checkOnBoth(page, `certificates-issued-${language.tag}`);
        const [download] = await Promise.all([page.waitForEvent("download"), page.click("#certificates .download")]);
        assert.match(download.suggestedFilename(), /^HK-[0-9A-Z]{4}-[0-9A-Z]{4}\.pem$/);
        await download.saveAs(file("own.pem"));

        for (const name of ["root", "persons"]) {
          await put(`${name}.crt`, await bytes(`/ca/${name}.crt`));
          await openssl("x509", "-in", `${name}.crt`, "-out", `${name}.pem`);
        }
        const chain = ["-x509_strict", "-purpose", "sslclient", "-CAfile", "root.pem", "-untrusted", "persons.pem"];
        assert.match(await openssl("verify", ...chain, "own.pem"), /own\.pem: OK/);
        const text = await openssl("x509", "-in", "own.pem", "-noout", "-text");
        assert.match(text, /TLS Web Client Authentication/);
        assert.ok(!text.includes(who.idNumber), "no number in a certificate");
        await openssl("pkcs12", "-export", "-inkey", "key.pem", "-in", "own.pem", "-passout", "pass:olives", "-out", "own.p12");

        // In a browser that has no certificate, one is told so.
        const bare = await world.browser.newContext({ baseURL: world.server.origin, ignoreHTTPSErrors: true });
        const other = await bare.newPage();
        await other.goto(at("/sign-in"));
        await other.click("#use-certificate");
        await other.waitForSelector("#sign-in-error");
        await checkOnBoth(other, `certificate-none-${language.tag}`);
        await bare.close();

        await context.clearCookies();
        await page.goto(at(`/sign-in?level=high&return=${encodeURIComponent(at("/cases"))}`));
        await checkOnBoth(page, `certificate-sign-in-${language.tag}`);
        const door = await page.getAttribute("#use-certificate", "href");
        assert.match(door, /^https:\/\/localhost:\d+\//);
        const identity = { key: await read("key.pem"), cert: await read("own.pem"), ca: await read("root.pem") };
        const { status, location } = await shown(door, identity);
        assert.equal(status, 303);
        // The root vouches for collectors too: a citizen's certificate is none.
        const biller = new URL("/api/biller/v1/inquire", door);
        assert.equal(await asked(biller, identity), 403);
        assert.equal(await asked(biller, { ca: identity.ca }), 401);
        // A thief of the ticket has another browser.
        assert.equal((await fetch(location, { redirect: "manual" })).status, 404);
        await page.goto(location);
        await page.waitForSelector("#certificate-shown");
        await checkOnBoth(page, `certificate-shown-${language.tag}`);
        await page.fill("#password", "wrong-and-long-enough");
        await page.click("#continue");
        await page.waitForSelector("#password-error");
        await checkOnBoth(page, `certificate-password-${language.tag}`);
        await page.fill("#password", who.password);
        await page.click("#continue");
        await page.waitForSelector("#leave");
        assert.ok(new URL(page.url()).pathname.endsWith("/cases"));

        // Revoked: here at once, and on the authority's list a moment later.
        await go("/account/certificates");
        await page.click("#certificates .revoke");
        await page.waitForSelector("#certificates .card dt:nth-of-type(4)");
        await checkOnBoth(page, `certificates-revoked-${language.tag}`);
        await context.clearCookies();
        await page.goto(at("/sign-in"));
        const refused = await shown(await page.getAttribute("#use-certificate", "href"), identity);
        assert.match(refused.location, /certificate=refused$/);
        await page.goto(refused.location);
        await page.waitForSelector("#sign-in-error");
        await checkOnBoth(page, `certificate-refused-${language.tag}`);
        await until("the list", async () => {
          await put("list.crl", await bytes("/ca/persons.crl"));
          const words = ["verify", "-crl_check", "-CRLfile", "list.crl", ...chain, "own.pem"];
          return openssl(...words).then(() => false, ({ stderr }) => /certificate revoked/.test(stderr));
        });

        // With the password alone one sees, and cannot ask.
        await page.fill("#id-number", who.idNumber);
        await page.fill("#password", who.password);
        await page.click("#continue");
        await page.click("#skip");
        await page.waitForSelector("#leave");
        await go("/account/certificates");
        await page.waitForSelector("#again");
        assert.equal(await page.locator("#request").count(), 0);
        assert.match(plain(await page.textContent("#certificates")), /HK-/);
        await checkOnBoth(page, `certificates-ok-${language.tag}`);
      });
    } finally {
      await visitor.close();
    }
  });
}
