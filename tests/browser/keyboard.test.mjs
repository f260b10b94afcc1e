// Journeys by keyboard alone: no click, no pointer. Whatever has the focus
// can be seen, and the link that skips to the content comes first.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, WIDTHS, plain, screenshot, useWorld, visit } from "./harness.mjs";
import { PEOPLE, codeFor, officerNow, person, sentTo, untilStage } from "./people.mjs";

const world = useWorld();

/** Presses of the tab key that any page may take. */
const STOPS = 60;

/** Goes to what matches, as a person does: forward, stop by stop, seeing each. */
async function reach({ page }, selector) {
  for (let stop = 0; stop < STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    const focus = page.locator(":focus");
    if ((await focus.count()) === 0) continue;
    const box = await focus.boundingBox();
    const seen = await focus.evaluate((element) => {
      const { backgroundColor, boxShadow, outlineStyle } = getComputedStyle(element);
      return { marked: boxShadow !== "none" || outlineStyle === "auto" || backgroundColor === "rgb(255, 210, 63)", text: element.outerHTML.slice(0, 80) };
    });
    assert.ok(box && box.width > 0 && box.height > 0, `the focus is on something unseen: ${seen.text}`);
    assert.ok(seen.marked, `the focus cannot be seen on ${seen.text}`);
    if (await focus.evaluate((element, selector) => element.matches(selector), selector)) return;
  }
  assert.fail(`${selector} cannot be reached on ${page.url()}`);
}

async function press(visitor, selector, key = "Enter") {
  const { page } = visitor;
  await reach(visitor, selector);
  // Enter leads to another page, and there is nothing to reach before it is there.
  const arrived = key === "Enter" ? page.waitForEvent("framenavigated") : undefined;
  await page.keyboard.press(key);
  await arrived;
  await page.waitForLoadState();
}

async function type(visitor, selector, text) {
  await reach(visitor, selector);
  await visitor.page.keyboard.type(text);
}

/** Each page begins with the link that skips its head. */
async function skips({ page }) {
  await page.keyboard.press("Tab");
  assert.equal(await page.locator("a.skip:focus").count(), 1, `the first stop of ${page.url()} is no skip link`);
  await page.keyboard.press("Enter");
  assert.ok(await page.evaluate(() => location.hash === "#main"));
}

async function enter(visitor, name) {
  const { page, at } = visitor;
  const who = await person(world, PEOPLE[name].password);
  const before = (await sentTo(world, who.phone)).length;
  await page.goto(at("/sign-in?level=substantial"));
  await type(visitor, "#id-number", who.idNumber);
  await type(visitor, "#password", who.password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#code");
  await type(visitor, "#code", await codeFor(world, who.phone, before));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#leave");
}

async function enterDesk(visitor, username, path) {
  const { page, at } = visitor;
  const [, password, code] = await officerNow(world, username);
  await page.goto(at(`/desk/sign-in?return=${encodeURIComponent(at(path))}`));
  await type(visitor, "#username", username);
  await type(visitor, "#password", password);
  await type(visitor, "#code", code);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#leave");
}

/** Takes the first choice of a question. */
async function choose(visitor) {
  await press(visitor, "input[type=radio]", "Space");
  await press(visitor, "#continue");
}

async function payAtTill(visitor, address) {
  const { page, at } = visitor;
  await page.goto(address);
  await press(visitor, "#pay");
  const code = plain(await page.textContent("#bill-code bdi")).replace(/\D/g, "");
  await page.goto(at("/demo/pos"));
  await type(visitor, "#code", code);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#take");
  await press(visitor, "#take");
  await page.waitForSelector("#till-receipt");
}

/** What is said of a newborn, by the question's page; registers tell the others. */
const first = (visitor) => press(visitor, "input[type=radio]", "Space");
const BORN = {
  birth: first,
  notice: first,
  "given-name": (visitor) => type(visitor, "#given-name", "زينة"),
  "given-name-latin": (visitor) => type(visitor, "#given-name-latin", "Zeina"),
  other: async (visitor) => {
    if (await visitor.page.locator("input[type=radio]").count()) return first(visitor);
    return type(visitor, "#other", (await person(world, PEOPLE.wisam.password)).idNumber);
  },
  way: first,
  code: first,
  postcode: (visitor) => type(visitor, "#postcode", "P6040027"),
};

/** In Arabic with scripts, in English without: both of each stand in the other journeys. */
for (const [language, scripts] of [[LANGUAGES[0], true], [LANGUAGES[1], false]]) {
  const title = (name) => `${name}, by keyboard alone (${language.tag}, scripts ${scripts ? "on" : "off"})`;

  async function walk(name, act, width = WIDTHS.phone) {
    const visitor = await visit(world, { language, scripts, width });
    try {
      await act(visitor);
      assert.deepEqual(visitor.problems, []);
    } catch (error) {
      await screenshot(visitor.page, `failed-keyboard-${name}-${language.tag}`).catch(() => {});
      throw error;
    } finally {
      await visitor.close();
    }
  }

  test(title("the family extract"), () =>
    walk("extract", async (visitor) => {
      const { page, go } = visitor;
      await enter(visitor, "salma");
      await go("/services/moi.family.extract/start");
      await skips(visitor);
      await press(visitor, "#start");
      await page.waitForSelector("#known");
      await press(visitor, "#continue");
      await page.waitForSelector("input[type=radio]");
      await choose(visitor);
      await page.waitForSelector("#submit");
      await press(visitor, "#submit");
      await page.waitForSelector("#case");
      const address = page.url();
      await payAtTill(visitor, address);
      await untilStage(visitor, address, "closed");
      await reach(visitor, "#paper");
    }));

  test(title("the licence"), () =>
    walk("licence", async (visitor) => {
      const { page, go, at } = visitor;
      await enter(visitor, "samir");
      await go("/services/mot.licence.renew/start");
      await press(visitor, "#start");
      for (let known = 0; known < 2; known += 1) {
        await page.waitForSelector("#known");
        await press(visitor, "#continue");
      }
      for (let question = 0; question < 3; question += 1) {
        await page.waitForSelector("input[type=radio]");
        await choose(visitor);
      }
      await page.waitForSelector("#submit");
      await press(visitor, "#submit");
      await page.waitForSelector("#case");
      const address = page.url();
      const id = address.split("/").pop();
      await press(visitor, "#pay");
      await press(visitor, "#pay-by-card");
      await page.waitForURL(/\/demo\/bank\/pay\//);
      await type(visitor, "#card", "4000 0000 0000 3220");
      await press(visitor, "#pay");
      await press(visitor, "#pass");
      await untilStage(visitor, address, "deciding");

      await walk("desk", async (desk) => {
        await enterDesk(desk, "clerk.ramallah", "/desk/queue");
        await skips(desk);
        await press(desk, `form[action$='/desk/cases/${id}/take'] button`);
        await desk.page.waitForSelector("#facts");
        await press(desk, "#approve");
        await untilStage(visitor, address, "delivering");
        await desk.go("/desk/prints");
        await press(desk, "#print");
        await desk.page.waitForSelector("#filling, #ready");
        await desk.go("/desk/parcels");
        await press(desk, ".send");
        await desk.page.waitForSelector("#no-parcels");
      }, WIDTHS.desktop);
      await walk("post", async (desk) => {
        await enterDesk(desk, "post.ramallah", "/desk/collection");
        await press(desk, ".received");
        await desk.page.waitForSelector(".received", { state: "detached" });
        await page.goto(address);
        const code = plain(await page.textContent("#pick-up-code"));
        await desk.page.goto(desk.at("/desk/collection"));
        await type(desk, "#case", id);
        await type(desk, "#pick_up", code);
        await press(desk, "#compared", "Space");
        await press(desk, "#hand-over");
        await desk.page.waitForSelector("#handed");
      }, WIDTHS.desktop);
      await untilStage(visitor, address, "closed");
      await page.goto(at("/cases"));
      await skips(visitor);
    }));

  test(title("a newborn, by both parents"), () =>
    walk("newborn", async (visitor) => {
      const { page, go } = visitor;
      await enter(visitor, "salma");
      await go("/life-events/born");
      await skips(visitor);
      await press(visitor, "#start-bundle");
      await press(visitor, "input[value='mtit.address']", "Space");
      await press(visitor, "#start");
      await press(visitor, "#continue");
      while (/\/form\//.test(page.url())) {
        await BORN[new URL(page.url()).pathname.split("/").pop()]?.(visitor);
        await press(visitor, "#continue");
        assert.equal(await page.locator("#summary").count(), 0, page.url());
      }
      await press(visitor, "#submit");
      await page.waitForSelector("#bundle[data-stage=sent]");
      await press(visitor, "[data-service='moi.birth.register'] a");
      const address = page.url();
      await walk("father", async (father) => {
        await enter(father, "wisam");
        await father.go("/co-sign");
        await skips(father);
        await press(father, ".cards a");
        await press(father, "#agree");
        await father.page.waitForSelector("#agree", { state: "detached" });
      });
      await untilStage(visitor, address, "deciding");
    }));
}
