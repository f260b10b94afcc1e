// A paper that was issued by mistake: a supervisor revokes it with a reason; a
// stranger sees that it does not hold, and not why; its person is told, and the
// list for checks without a network knows it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { EXTRACT, submit } from "./forms.mjs";
import { BINARY, inspect, journey, plain, show, useWorld, visit } from "./harness.mjs";
import { atDesk, paperOf, signIn, until, untilStage } from "./people.mjs";

const world = useWorld();
const REASON = "صدرت قبل تصحيح الحالة الاجتماعية في السجل.";

/** What `hukumati` says and its exit code. */
async function hukumati(...words) {
  const ended = (error) => ({ code: error?.code ?? 0, said: error?.stdout ?? "" });
  return promisify(execFile)(BINARY, words).then(({ stdout }) => ({ code: 0, said: stdout }), ended);
}

/** The verdict of a machine that has only the file, the trusted keys and the list. */
async function offline(file) {
  const folder = await mkdtemp(join(tmpdir(), "hukumati-paper-"));
  try {
    const [paper, trust, list] = ["paper.pdf", "trust.json", "revoked.cose"].map((name) => join(folder, name));
    const answer = await fetch(`${world.server.origin}/verify/revoked`);
    assert.equal(answer.status, 200);
    await writeFile(list, Buffer.from(await answer.arrayBuffer()));
    await writeFile(paper, file);
    const keys = await hukumati("trust", "--data", world.server.folder);
    assert.equal(keys.code, 0, keys.said);
    await writeFile(trust, keys.said);
    return await hukumati("paper", "check", paper, "--trust", trust, "--revoked", list);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A supervisor finds the paper by its serial number and revokes it. */
function revoke(citizen, serial) {
  return atDesk(world, citizen, "supervisor.ramallah", "/desk", async (desk) => {
    const { page } = desk;
    await page.click("#to-papers");
    await inspect(desk);
    await page.fill("#paper", "FX-0000-0000");
    await page.click("#find");
    assert.equal(await page.locator("#no-paper").count(), 1);
    await inspect(desk);
    // As somebody types it: small letters, no dashes.
    await page.fill("#paper", serial.toLowerCase().replaceAll("-", " "));
    await page.click("#find");
    assert.equal(await page.getAttribute("#found", "data-state"), "holds");
    await inspect(desk);
    if (desk.scripts) await show(page, `desk-papers-${desk.language.tag}`);
    // Without a reason nothing happens.
    await page.fill("#reason", "   ");
    const refused = page.waitForResponse((response) => response.request().method() === "POST");
    await page.click("#revoke");
    await refused;
    await page.waitForLoadState();
    await page.goBack();
    await page.fill("#reason", REASON);
    await page.click("#revoke");
    await page.waitForSelector("#found[data-state=revoked]");
    assert.equal(plain(await page.textContent("#why")), REASON);
    assert.equal(await page.locator("#revoke").count(), 0);
    await inspect(desk);
  });
}

/** What a stranger sees at the address on the paper. */
async function stranger(citizen, code, state) {
  const other = await visit(world, { language: citizen.language, scripts: citizen.scripts });
  try {
    await other.go(`/verify/${code}`);
    assert.equal(await other.page.getAttribute("#verdict", "data-state"), state);
    await inspect(other);
    return plain(await other.page.textContent("main"));
  } finally {
    await other.close();
  }
}

journey(world, "a supervisor revokes a paper, and everybody who should knows", async (visitor) => {
  const { page, language, scripts } = visitor;
  await signIn(world, visitor, "amal", "/cases");
  await page.waitForURL(/\/cases$/);
  const address = await submit(visitor, EXTRACT);
  await untilStage(visitor, address, "closed");
  const { serial, code, file } = await paperOf(page);
  await stranger(visitor, code, "holds");
  const before = await offline(file);
  assert.equal(before.code, 0, before.said);
  assert.match(before.said, /was not revoked by/);

  await revoke(visitor, serial);

  const told = await stranger(visitor, code, "revoked");
  assert.match(told, /\d{4}-\d{2}-\d{2}/);
  assert.ok(!told.includes(REASON), told);

  // The timeline has the line with its reason and receipt; the inbox and the looks have theirs.
  await until("the line on the timeline", async () => {
    await page.goto(address);
    return plain(await page.textContent("ol.line")).includes(REASON);
  });
  assert.equal(await page.locator("#paper-revoked").count(), 1);
  await inspect(visitor);
  if (scripts) await show(page, `paper-revoked-${language.tag}`);
  const receipt = await page.context().request.get(await page.locator("ol.line > li .receipt").last().getAttribute("href"));
  assert.equal(receipt.status(), 200);
  await visitor.go("/inbox");
  assert.ok(plain(await page.textContent("main")).includes(REASON));
  await visitor.go("/looks");
  assert.match(plain(await page.textContent("#looks")), language.tag === "ar" ? /الوثيقة الصادرة/ : /The issued paper/);

  const after = await offline(file);
  assert.equal(after.code, 3, after.said);
  assert.match(after.said, new RegExp(`ask the verification page for ${code}`));
});
