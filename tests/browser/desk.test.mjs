// What officers decide and hand over, when it does not go well: a refusal with
// its reason, five wrong pick-up codes, a parcel of another office, a paper that
// was handed over already. And text messages that do not get through.

import assert from "node:assert/strict";

import { LICENCE, submit } from "./forms.mjs";
import { inspect, journey, plain, useWorld, visit } from "./harness.mjs";
import { PEOPLE, atDesk, enter, person, sentTo, switchOutside, takeCash, until, untilStage } from "./people.mjs";

const world = useWorld();

const REASON = "صورة الرخصة القديمة غير واضحة. الرجاء تقديم صورة أوضح مع طلب جديد.";
const MAIL = "samir@example.com";

/** A licence that is applied for and paid; gives its address and number. */
async function paid(visitor) {
  const { page } = visitor;
  await enter(world, visitor, "samir");
  const address = await submit(visitor, LICENCE);
  await page.click("#pay");
  await takeCash(visitor, page.url());
  await untilStage(visitor, address, "deciding");
  return { address, id: address.split("/").pop() };
}

async function take(desk, id) {
  await desk.page.click(`form[action$='/desk/cases/${id}/take'] button`);
  await desk.page.waitForSelector("#facts");
}

/** What was sent to the driver's telephone and mailbox. */
async function sent() {
  const { phone } = await person(world, PEOPLE.samir.password);
  return { sms: await sentTo(world, phone), mail: await sentTo(world, MAIL) };
}

journey(world, "a refusal says why, everywhere, and its person is asked how it was", async (visitor) => {
  const { page, at } = visitor;
  const { address, id } = await paid(visitor);
  const before = await sent();
  await atDesk(world, visitor, "clerk.ramallah", "/desk/queue", async (desk) => {
    await take(desk, id);
    // Without a reason nothing is decided, and the page says what is missing.
    await desk.page.click("#reject");
    await desk.page.waitForSelector("h1");
    await inspect(desk);
    assert.equal(await desk.page.locator("#reject").count(), 0);
    await desk.go(`/desk/cases/${id}`);
    await desk.page.fill("#text", REASON);
    await desk.page.click("#reject");
    await desk.page.waitForURL(/\/desk\/queue$/);
  });
  await untilStage(visitor, address, "closed");
  await inspect(visitor);
  const timeline = plain(await page.textContent("#case"));
  assert.ok(timeline.includes(REASON), timeline);
  assert.equal(await page.locator("#reason").count(), 1);

  // Each channel says that there is news, and no more; the inbox says what.
  const told = await until("the messages", async () => {
    const now = await sent();
    return now.sms.length > before.sms.length && now.mail.length > before.mail.length && now;
  });
  for (const message of [told.sms[0], told.mail[0]]) {
    assert.ok(!plain(message.text).includes(REASON) && /حكومتي|Hukumati/.test(message.text), message.text);
  }
  await page.goto(at("/inbox"));
  assert.ok(plain(await page.textContent("main")).includes(REASON));
  await inspect(visitor);

  // One question, once.
  await page.goto(address);
  assert.equal(await page.locator("#case input[type=radio]").count(), 5);
  await page.check("#f2");
  await page.click("#say");
  await page.waitForSelector("#say", { state: "detached" });
  await page.goto(address);
  assert.equal(await page.locator("#say").count(), 0);
});

/** An agent types a case and a code, the card having been compared. */
async function handOver({ page, go }, id, code) {
  await go("/desk/collection");
  await page.fill("#case", id);
  await page.fill("#pick_up", code);
  await page.check("#compared");
  await page.click("#hand-over");
  await page.waitForSelector("#handed, #hand-over-error");
  return (await page.locator("#handed").count()) ? "handed" : plain(await page.textContent("#hand-over-error"));
}

journey(world, "five wrong codes lock, another office has nothing, and nothing is handed over twice", async (visitor) => {
  const { page, language } = visitor;
  const { address, id } = await paid(visitor);
  await atDesk(world, visitor, "clerk.ramallah", "/desk/queue", async (desk) => {
    await take(desk, id);
    await desk.page.click("#approve");
    await untilStage(visitor, address, "delivering");
    await desk.go("/desk/prints");
    await inspect(desk);
    await desk.page.click("#print");
    await desk.page.waitForURL(/\/desk\/prints\/./);
    await until("the manifest", async () => {
      await desk.page.reload();
      return (await desk.page.locator("#ready").count()) === 1;
    });
    assert.match(plain(await desk.page.textContent("tbody")), /DL-/);
    await inspect(desk);
    await desk.go("/desk/parcels");
    assert.equal(await desk.page.locator(".unlock").count(), 0);
    await desk.page.click(".send");
  });
  const nowhere = language.tag === "ar" ? /لا وثيقة بهذا الرقم/ : /No paper of this case/;
  let code;
  await atDesk(world, visitor, "post.ramallah", "/desk/collection", async (desk) => {
    // Not received yet: nothing can be handed over.
    assert.match(await handOver(desk, id, "123456"), nowhere);
    await desk.page.click(".received");
    await page.goto(address);
    code = plain(await page.textContent("#pick-up-code"));
  });
  await atDesk(world, visitor, "post.nablus", "/desk/collection", async (desk) => {
    assert.match(await handOver(desk, id, code), nowhere);
    await inspect(desk);
  });
  const wrong = code === "000000" ? "000001" : "000000";
  const locked = language.tag === "ar" ? /أُغلق التسليم/ : /Locked after five/;
  await atDesk(world, visitor, "post.ramallah", "/desk/collection", async (desk) => {
    for (let tries = 1; tries < 5; tries += 1) assert.doesNotMatch(await handOver(desk, id, wrong), locked);
    assert.match(await handOver(desk, id, wrong), locked);
    await inspect(desk);
    assert.match(await handOver(desk, id, code), locked, "the right code comes too late");
  });

  // Its person reads what happened and what comes next; the old code is gone.
  await page.goto(address);
  assert.equal(await page.locator("#pick-up-code").count(), 0);
  assert.equal(await page.locator("#pick-up-locked").count(), 1);
  await inspect(visitor);
  await atDesk(world, visitor, "supervisor.ramallah", "/desk/parcels", async (desk) => {
    await inspect(desk);
    await desk.page.click(`form:has(input[value='${id}']) .unlock`);
    await desk.page.waitForSelector(".unlock", { state: "detached" });
  });
  await page.goto(address);
  const fresh = plain(await page.textContent("#pick-up-code"));
  await atDesk(world, visitor, "post.ramallah", "/desk/collection", async (desk) => {
    assert.equal(await handOver(desk, id, fresh), "handed");
    assert.match(await handOver(desk, id, fresh), nowhere);
  });
  await untilStage(visitor, address, "closed");
});

journey(world, "text messages that do not get through are late, and nothing else is", async (visitor) => {
  const { page, at, language, scripts } = visitor;
  const { address, id } = await paid(visitor);
  const before = await sent();
  await switchOutside(visitor, "sms");
  try {
    await atDesk(world, visitor, "clerk.ramallah", "/desk/queue", async (desk) => {
      await take(desk, id);
      await desk.page.fill("#text", "هل تغيّر العنوان؟");
      await desk.page.click("#ask");
      await desk.page.waitForURL(/\/desk\/queue$/);
    });
    // The case goes on, the inbox and the mail tell of it.
    await untilStage(visitor, address, "asked");
    await page.goto(at("/inbox"));
    assert.ok(plain(await page.textContent("main")).includes("هل تغيّر العنوان؟"));
    await until("the mail", async () => (await sent()).mail.length > before.mail.length);
    assert.equal((await sent()).sms.length, before.sms.length);

    // Whoever signs in now reads that the code is late, and that it comes by itself.
    const other = await visit(world, { language, scripts });
    try {
      const who = await person(world, PEOPLE.samir.password);
      await other.page.goto(at("/sign-in?level=substantial"));
      await other.page.fill("#id-number", who.idNumber);
      await other.page.fill("#password", who.password);
      await other.page.click("#continue");
      await other.page.waitForSelector("#code");
      await other.page.reload();
      assert.equal(await other.page.locator("#late").count(), 1);
      await inspect(other);
    } finally {
      await other.close();
    }
  } finally {
    await switchOutside(visitor, "sms");
  }
  await until("what was late", async () => (await sent()).sms.length >= before.sms.length + 2, 60_000);
  await page.goto(address);
  await page.fill("#text", "لا.");
  await page.click("#reply");
  await untilStage(visitor, address, "deciding");
});
