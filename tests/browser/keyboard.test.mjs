// Journeys by keyboard alone: no click, no pointer. Whatever has the focus
// can be seen, and the link that skips to the content comes first.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, WIDTHS, plain, useWorld } from "./harness.mjs";
import { choose, enter, enterDesk, payAtTill, press, reach, skips, type, walkWith } from "./keyboard.mjs";
import { PEOPLE, person, untilStage } from "./people.mjs";

const world = useWorld();

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

  const walk = (name, act, width) => walkWith(world, { language, scripts }, name, act, width);

  test(title("the family extract"), () =>
    walk("extract", async (visitor) => {
      const { page, go } = visitor;
      await enter(world, visitor, "salma");
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
      await enter(world, visitor, "samir");
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
        await enterDesk(world, desk, "clerk.ramallah", "/desk/queue");
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
        await enterDesk(world, desk, "post.ramallah", "/desk/collection");
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
      await enter(world, visitor, "salma");
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
        await enter(world, father, "wisam");
        await father.go("/co-sign");
        await skips(father);
        await press(father, ".cards a");
        await press(father, "#agree");
        await father.page.waitForSelector("#agree", { state: "detached" });
      });
      await untilStage(visitor, address, "deciding");
    }));
}
