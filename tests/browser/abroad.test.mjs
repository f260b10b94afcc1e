// People abroad: an account opened with a passport's zone, by a telephone of
// another country without scripts, by e-mail and a (virtual) device's passkey with
// them; then a mission's officer, who compares passport and face with the
// registry's photo. Who has no ID number ends at a named mission.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES, checkOnBoth, inspect, journey, plain, screenshot, useWorld, visit } from "./harness.mjs";
import { atDesk, codeFor, sentTo, until } from "./people.mjs";

const world = useWorld();
const OFFICER = "mission.berlin";
const PASSWORD = "خبز الطابون في الصباح الباكر";

/** An ID number with its check digit (`crates/base`), from the head that `crates/sandbox/demo.toml` lists. */
function numberOf(head) {
  const digits = [...String(head)].map(Number);
  const sum = digits.reduce((sum, digit, place) => sum + [...String(digit * (1 + (place % 2)))].reduce((all, one) => all + Number(one), 0), 0);
  return `${head}${(10 - (sum % 10)) % 10}`;
}

/** The zone of a passport (ICAO Doc 9303 part 3 §4.9: weights 7, 3, 1). */
function zone(name, number, born) {
  const value = (sign) => (sign === "<" ? 0 : Number.parseInt(sign, 36));
  const check = (field) => [...field].reduce((sum, sign, place) => sum + value(sign) * [7, 3, 1][place % 3], 0) % 10;
  const checked = (field) => `${field}${check(field)}`;
  const [head, day, until, rest] = [checked(number.padEnd(9, "<")), checked(born.slice(2).replaceAll("-", "")), checked("340531"), "<".repeat(15)];
  return [`P<PSE${name}`.padEnd(44, "<"), `${head}PSE${day}F${until}${rest}${check(head + day + until + rest)}`];
}

/** Four people without a registered telephone: an account is opened once. */
const PEOPLE = {
  "ar-on": { head: 90000027, born: "1989-03-08", passport: ["AL<ALAMI<<DANA<BASHIR<TAWFIQ", "N0000012"] },
  "en-on": { head: 90000020, born: "1982-03-14", passport: ["SAMPLE<<RANIA", "N0000013"] },
  "ar-off": { head: 90000012, born: "1963-07-19", passport: ["DARWISH<<MAHA", "N0000014"] },
  "en-off": { head: 90000026, born: "1970-01-25", passport: ["SAMPLE<<SAHAR", "N0000015"] },
};
const who = ({ language, scripts }) => {
  const one = PEOPLE[`${language.tag}-${scripts ? "on" : "off"}`];
  return { ...one, idNumber: numberOf(one.head), lines: zone(one.passport[0], one.passport[1], one.born) };
};

/** A device that keeps passkeys and knows its holder (W3C Web Authentication Level 3 §11). */
async function withDevice({ context, page }) {
  const line = await context.newCDPSession(page);
  await line.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  await line.send("WebAuthn.addVirtualAuthenticator", { options });
}

/** Where one lives, the number, the passport; ends where a number or an address is asked for. */
async function toContact(visitor, { idNumber, lines: [first, second] }) {
  const { page, go } = visitor;
  await go("/account/open");
  await page.click("#abroad");
  await page.waitForSelector("#country");
  await inspect(visitor);
  await page.selectOption("#country", "DE");
  await page.fill("#id-number", idNumber);
  await page.click("#continue");
  await page.waitForSelector("#line-2");
  await inspect(visitor);
  // A wrong digit is named, with what else is possible.
  await page.fill("#line-1", first);
  await page.fill("#line-2", second.replace(/^N0/, "N1"));
  await page.click("#continue");
  await page.waitForSelector("#passport-error[data-line='2']");
  assert.equal(await page.locator("#missions [data-mission='mission.berlin']").count(), 1);
  await inspect(visitor);
  // As people type it: small letters, blanks for fillers.
  await page.fill("#line-1", first.toLowerCase());
  await page.fill("#line-2", second.replaceAll("<", " "));
  await page.click("#continue");
  await page.waitForSelector("#send-email");
  await inspect(visitor);
}

async function byPhone(visitor) {
  const { page, language } = visitor;
  const phone = language.tag === "ar" ? "+4915500000001" : "+4915500000002";
  assert.ok(await page.isVisible("#scripts-off"), "without scripts the page says what is possible instead");
  await page.fill("#phone", language.tag === "ar" ? "٠٠٤٩ ١٥٥ ٠٠٠٠٠٠٠١" : "+49 (0)155 00000002");
  const before = (await sentTo(world, phone)).length;
  await page.click("#send");
  await page.waitForSelector("#without-code");
  await page.fill("#code", await codeFor(world, phone, before));
  await page.click("#continue");
  await page.waitForSelector("#new-password");
  assert.equal(await page.locator("#missions [data-mission='mission.berlin']").count(), 1);
  await page.fill("#new-password", PASSWORD);
  await page.fill("#again-password", PASSWORD);
  await page.click("#continue");
}

async function byEmail(visitor) {
  const { page, language } = visitor;
  const address = `abroad-${language.tag}@example.com`;
  await withDevice(visitor);
  assert.equal(await page.isVisible("#scripts-off"), false);
  await page.fill("#email", address);
  const before = (await sentTo(world, address)).length;
  await page.click("#send-email");
  await page.waitForSelector("#sent");
  await inspect(visitor);
  const code = await until("the code", async () => {
    const messages = await sentTo(world, address);
    return messages.length > before && /\b(\d{6})\b/.exec(plain(messages[0].text))?.[1];
  });
  await page.fill("#code", code);
  await page.click("#continue");
  await page.waitForSelector("#make-passkey");
  assert.ok(await page.isVisible("#make-passkey"));
  await inspect(visitor);
  await page.click("#make-passkey");
}

journey(world, "somebody abroad opens an account for drafts", async (visitor) => {
  const { page, go, scripts } = visitor;
  await toContact(visitor, who(visitor));
  await (scripts ? byEmail : byPhone)(visitor);
  await page.waitForSelector("#leave");
  await go("/account");
  await inspect(visitor);
});

journey(world, "who has no ID number ends at a named mission", async (visitor) => {
  const { page, go } = visitor;
  for (const [country, mission] of [["JO", "mission.amman"], ["other", "consular.ramallah"]]) {
    await go("/account/open/abroad");
    await page.selectOption("#country", country);
    await page.click("#without");
    await page.waitForSelector("#bring");
    assert.equal(await page.locator(`#missions [data-mission='${mission}']`).count(), 1);
    await inspect(visitor);
    await page.click("#missions a");
    await page.waitForSelector("h1");
  }
});

for (const [index, language] of LANGUAGES.entries()) {
  test(`a mission's officer compares passport and face (${language.tag})`, async () => {
    const { idNumber, passport: [, number] } = who({ language, scripts: true });
    await atDesk(world, { language, scripts: true }, OFFICER, "/desk/counter", async ({ page }) => {
      await page.fill("#id-number", idNumber);
      await page.click("#ask");
      await page.waitForSelector("#passport-known[data-seen=false]");
      assert.match(plain(await page.textContent("#passport-known")), new RegExp(number));
      await checkOnBoth(page, `abroad-counter-${language.tag}`);
      await page.check("#compared");
      await page.fill("#passport", index === 0 ? "N9999999" : number);
      await page.click("#same");
      if (index === 0) {
        // Another passport than the one that was typed: asked about once.
        await page.waitForSelector("#counter-error");
        await checkOnBoth(page, `abroad-counter-other-${language.tag}`);
        await page.check("#compared");
        await page.click("#same");
      }
      await page.waitForSelector("#proven");
    });
  });

  test(`each page on the way is seen on a phone and a desktop (${language.tag})`, async () => {
    const visitor = await visit(world, { language, scripts: true });
    const { page, go } = visitor;
    try {
      const [first, second] = zone("OBAID<<YOUSEF", "N0000016", "1948-01-30");
      await go("/account/open");
      await checkOnBoth(page, `abroad-front-${language.tag}`);
      await go("/account/open/abroad");
      await checkOnBoth(page, `abroad-country-${language.tag}`);
      await page.selectOption("#country", "other");
      await page.fill("#id-number", numberOf(90000004));
      await page.click("#continue");
      await page.waitForSelector("#line-2");
      await checkOnBoth(page, `abroad-passport-${language.tag}`);
      await page.fill("#line-1", first);
      await page.fill("#line-2", second.replace("480130", "480131"));
      await page.click("#continue");
      await page.waitForSelector("#passport-error");
      await checkOnBoth(page, `abroad-passport-wrong-${language.tag}`);
      await page.fill("#line-2", second);
      await page.click("#continue");
      await page.waitForSelector("#send-email");
      await checkOnBoth(page, `abroad-contact-${language.tag}`);
      await page.fill("#phone", "0170 1234567");
      await page.click("#send");
      await page.waitForSelector("#phone-error");
      await checkOnBoth(page, `abroad-contact-wrong-${language.tag}`);
      const phone = index === 0 ? "+4915500000011" : "+4915500000012";
      await page.fill("#phone", phone);
      await page.click("#send");
      await page.waitForSelector("#without-code");
      await checkOnBoth(page, `abroad-phone-code-${language.tag}`);
      await page.fill("#code", await codeFor(world, phone, 0));
      await page.click("#continue");
      await page.waitForSelector("#new-password");
      await checkOnBoth(page, `abroad-reached-${language.tag}`);
    } catch (error) {
      await screenshot(page, `failed-abroad-${language.tag}`).catch(() => {});
      throw error;
    } finally {
      await visitor.close();
    }
  });

  test(`a number that stayed behind is not the only way (${language.tag})`, async () => {
    const visitor = await visit(world, { language, scripts: true });
    const { page, go } = visitor;
    try {
      const { idNumber, lines: [first, second] } = { idNumber: numberOf(90000007), lines: zone("SHAHEEN<<NADIA", "N0000017", "1996-11-08") };
      await go("/account/open/abroad");
      await page.selectOption("#country", "DE");
      await page.fill("#id-number", idNumber);
      await page.click("#continue");
      await page.fill("#line-1", first);
      await page.fill("#line-2", second);
      await page.click("#continue");
      await page.waitForSelector("#elsewhere");
      await checkOnBoth(page, `abroad-choose-${language.tag}`);
      await page.click("#elsewhere");
      await page.waitForSelector("#send-email");
      await page.fill("#email", `left-${language.tag}@example.com`);
      await page.click("#send-email");
      await page.waitForSelector("#sent");
      await checkOnBoth(page, `abroad-email-code-${language.tag}`);
      const messages = await until("the code", async () => {
        const sent = await sentTo(world, `left-${language.tag}@example.com`);
        return sent.length > 0 && sent;
      });
      await page.fill("#code", /\b(\d{6})\b/.exec(plain(messages[0].text))[1]);
      await page.click("#continue");
      await page.waitForSelector("#make-passkey");
      await checkOnBoth(page, `abroad-passkey-${language.tag}`);
    } catch (error) {
      await screenshot(page, `failed-abroad-choose-${language.tag}`).catch(() => {});
      throw error;
    } finally {
      await visitor.close();
    }
  });
}
