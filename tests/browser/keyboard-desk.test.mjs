// The desk by keyboard alone, each kind of step: a visit, a committee, an appeal, two
// officers of whom one asks for a correction, a clearance, and an appointment.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

import { LANGUAGES, WIDTHS, plain, useWorld } from "./harness.mjs";
import { enter, enterDesk, payAtTill, press, reach, skips, type, walkWith } from "./keyboard.mjs";
import { until, untilStage } from "./people.mjs";

const world = useWorld();

/** Chooses the nth of the choices that come next. */
const nth = (at) => async (visitor) => {
  await reach(visitor, "input[type=radio]");
  if (at === 0) await visitor.page.keyboard.press("Space");
  for (let down = 0; down < at; down += 1) await visitor.page.keyboard.press("ArrowDown");
};
const words = (selector, text) => (visitor) => type(visitor, selector, text);

/** Applies for a service: what is done on its pages by name, else the first choice, else nothing. */
async function apply(visitor, service, said = {}) {
  const { page, go } = visitor;
  await go(`/services/${service}/start`);
  await press(visitor, "#start");
  while (/\/form\//.test(page.url())) {
    const name = new URL(page.url()).pathname.split("/").pop();
    if (said[name]) await said[name](visitor);
    else if (await page.locator("main input[type=radio]").count()) await nth(0)(visitor);
    await press(visitor, "#continue");
    assert.equal(await page.locator("#summary").count(), 0, page.url());
  }
  await press(visitor, "#submit");
  await page.waitForSelector("#case");
  return page.url();
}

const idOf = (address) => address.split("/").pop();

/** As if a case's appointment had been forty days earlier. */
function itsTimeCame(id) {
  const age = `import sqlite3, sys
base = sqlite3.connect(sys.argv[1], timeout=20)
base.execute("UPDATE services_turn SET due_at = due_at - 40 * 86400000000 WHERE case_id = ? AND kind = 'appointment'", (sys.argv[2],))
base.commit()`;
  execFileSync("python3", ["-c", age, join(world.server.folder, "hukumati.db"), id]);
}

/** In Arabic with scripts, in English without. */
for (const [language, scripts] of [[LANGUAGES[0], true], [LANGUAGES[1], false]]) {
  const title = (name) => `${name}, by keyboard alone (${language.tag}, scripts ${scripts ? "on" : "off"})`;
  const walk = (name, act, width) => walkWith(world, { language, scripts }, name, act, width);
  const atDesk = (username, path, act) =>
    walk(username, async (desk) => {
      await enterDesk(world, desk, username, path);
      await act(desk);
    }, WIDTHS.desktop);

  /** Takes a case from the queue. */
  async function take(desk, id) {
    await press(desk, `form[action$='/desk/cases/${id}/take'] button`);
    await desk.page.waitForSelector("#facts");
  }
  /** Says something on a case's page, with words. */
  async function say(desk, button, text) {
    if (text) await type(desk, "#text", text);
    await press(desk, `#${button}`);
    await desk.page.waitForURL(/\/desk\/queue$/);
  }
  /** Opens the newest turn of a unit: ids grow with time. */
  async function openTurn(desk) {
    const turns = await desk.page.locator("tbody a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    await skips(desk);
    await press(desk, `a[href='${turns.sort().at(-1)}']`);
    await desk.page.waitForSelector("#facts");
  }

  test(title("a visit, a committee and an appeal"), () =>
    walk("assist", async (visitor) => {
      const { page } = visitor;
      await enter(world, visitor, "rami");
      const address = await apply(visitor, "mosd.assist", { members: words("#members", "4"), income: words("#income", "600"), rent: words("#rent", "500"), shelter: nth(1) });
      const id = idOf(address);
      await untilStage(visitor, address, "waiting");
      await atDesk("social.nablus", "/desk/turns", async (desk) => {
        await openTurn(desk);
        await type(desk, "#text", "غرفتان");
        await press(desk, "#yes");
        await desk.page.waitForURL(/\/desk\/turns$/);
      });
      await untilStage(visitor, address, "deciding");
      for (const member of ["committee1", "committee2"]) {
        await atDesk(member, "/desk/queue", async (desk) => {
          await press(desk, `a[href$='/desk/cases/${id}']`);
          await desk.page.waitForSelector("#seats");
          await say(desk, "vote-no", "الدخل قريب من الحد");
        });
      }
      await untilStage(visitor, address, "closed");
      await press(visitor, "#appeal");
      await type(visitor, "#text", "الإيجار متراكم");
      await press(visitor, "#send-appeal");
      await page.waitForSelector("#case[data-stage=appealed]");
      await atDesk("social.appeals", "/desk/queue", async (desk) => {
        await take(desk, id);
        await say(desk, "lose", "لا جديد في الطلب");
      });
      await untilStage(visitor, address, "closed");
    }));

  test(title("two officers, one of whom has an answer corrected"), () =>
    walk("record", async (visitor) => {
      const { page } = visitor;
      await enter(world, visitor, "nidal");
      const address = await apply(visitor, "moj.nonconviction");
      const id = idOf(address);
      await payAtTill(visitor, address);
      await untilStage(visitor, address, "deciding");
      await atDesk("record.first", "/desk/queue", async (desk) => {
        await take(desk, id);
        await type(desk, "#text", "ما الغرض من الشهادة؟");
        await reach(desk, "#field");
        await desk.page.keyboard.press("ArrowDown");
        assert.notEqual(await desk.page.inputValue("#field"), "");
        await press(desk, "#ask");
        await desk.page.waitForURL(/\/desk\/queue$/);
      });
      await untilStage(visitor, address, "asked");
      await nth(3)(visitor);
      await press(visitor, "#reply");
      await untilStage(visitor, address, "deciding");
      await atDesk("record.first", `/desk/cases/${id}`, (desk) => say(desk, "approve"));
      await atDesk("record.second", "/desk/queue", async (desk) => {
        await take(desk, id);
        await say(desk, "agree");
      });
      await untilStage(visitor, address, "closed");
      await page.waitForSelector("#paper");
    }));

  test(title("a body's clearance"), () =>
    walk("clearance", async (visitor) => {
      const { page } = visitor;
      await enter(world, visitor, "rami");
      const stays = () => {};
      const address = await apply(visitor, "moh.insurance", { category: nth(4), cover: stays, dependants: stays });
      await untilStage(visitor, address, "waiting");
      const answered = async () => {
        await page.goto(address);
        return page.locator("#turns .tag.ok").count();
      };
      await until("the registers’ answers", async () => (await answered()) >= 4, 45_000);
      const before = await answered();
      await atDesk("labour.nablus", "/desk/turns", async (desk) => {
        await openTurn(desk);
        await press(desk, "#yes");
        await desk.page.waitForURL(/\/desk\/turns$/);
      });
      assert.equal(await answered(), before + 1);
    }));

  test(title("an appointment"), () =>
    walk("passport", async (visitor) => {
      const { page } = visitor;
      await enter(world, visitor, "samir");
      const address = await apply(visitor, "moi.passport.renew", { ground: nth(2), profession: words("#profession", "سائق") });
      await payAtTill(visitor, address);
      await untilStage(visitor, address, "waiting");
      await press(visitor, "#choose-time");
      await nth(0)(visitor);
      await press(visitor, "#book");
      await page.waitForSelector("#case");
      assert.match(plain(await page.textContent("#appointment")), language.tag === "ar" ? /(الأحد|الإثنين|الاثنين|الثلاثاء|الأربعاء|الخميس)، / : /(Sunday|Monday|Tuesday|Wednesday|Thursday), /);
      itsTimeCame(idOf(address));
      await atDesk("civil.clerk", "/desk/turns", async (desk) => {
        await openTurn(desk);
        await press(desk, "#came");
        await desk.page.waitForURL(/\/desk\/turns$/);
      });
      await untilStage(visitor, address, "deciding");
    }));
}
