// The exchange: the walk with the ministry's security server as a process of its
// own, and what an ended agreement and a revoked certificate do to a page.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { walkExtract } from "./extract.mjs";
import { EXTRACT, begin } from "./forms.mjs";
import { LANGUAGES, inspect, journey, startProcess, useWorld, visit } from "./harness.mjs";
import { signIn, signInOfficer, until } from "./people.mjs";

const world = useWorld({
  args: ["--ministry-elsewhere"],
  beside: ({ server }) => startProcess(["--only", "exchange", "--config", join(server.folder, "security-servers", "SS2.toml")]),
});
const [ARABIC, ENGLISH] = LANGUAGES;

/** How long a security server may take to hear of a change. */
const HEARD_MS = 15_000;

/** One visitor, whatever becomes of the walk. */
async function as(language, options, walk) {
  const visitor = await visit(world, { language, ...options });
  try {
    await walk(visitor);
    assert.deepEqual(visitor.problems, []);
  } finally {
    await visitor.close();
  }
}

journey(world, "the family extract, with the ministry's server as a process of its own", (visitor) => walkExtract(world, visitor));

/** Loads the form's page until it says what it should about the register. */
function untilKnown({ page }, form, refused) {
  return until(`a register that ${refused ? "is refused" : "tells"}`, async () => {
    await page.goto(form);
    return (await page.locator("#register-refused").count()) === (refused ? 1 : 0);
  }, HEARD_MS);
}

test("an ended agreement and a revoked certificate refuse the look-up, and the page says so", async () => {
  await as(ARABIC, {}, async (citizen) => {
    await signIn(world, citizen, "salma", "/cases");
    const form = await begin(citizen, EXTRACT);

    await as(ENGLISH, {}, async (officer) => {
      const { page, go } = officer;
      await signInOfficer(world, officer, "technical");
      await page.click("#to-exchange");
      await inspect(officer);
      const row = page.locator("tr[data-operation='PS/GOV/MOI/CIVIL/person']");
      const consumer = (await row.locator("bdi").first().textContent()).trim();
      await row.locator("button.end").click();
      await untilKnown(citizen, form, true);
      await inspect(citizen);

      await page.fill("#consumer", consumer);
      await page.selectOption("#operation", "PS/GOV/MOI/CIVIL/person");
      await page.click("#agree");
      await untilKnown(citizen, form, false);

      // A name that is none is refused, and says how it is written.
      await page.fill("#consumer", "nobody");
      await page.click("#agree");
      await page.waitForSelector("h1");
      assert.match(await page.textContent("main"), /four parts/);

      await go("/desk");
      await page.click("#to-certificates");
      await inspect(officer);
      const card = page.locator("li.card[data-profile=MessageSigning]", { hasText: "SS2" });
      assert.equal(await card.locator("select").inputValue(), "", "no reason is chosen beforehand");
      await card.locator("select").selectOption("1");
      await card.locator("button.revoke").click();
      await page.waitForSelector(".revoked");
      await untilKnown(citizen, form, true);
    });
  });
});
