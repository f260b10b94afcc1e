// Filling in a service's form, as far as a journey needs it.

/** Services, each with what is chosen or done on its pages; none where registers tell. */
export const EXTRACT = { service: "moi.family.extract", answers: [null, "#purpose-0"] };
export const LICENCE = { service: "mot.licence.renew", answers: [null, null, "#glasses-1", "#health-0", "#collection-0"] };

/** More of them, whose steps wait for somebody. `other` is the other parent's ID number. */
export const PASSPORT = { service: "moi.passport.renew", answers: [null, null, "#ground-2", (page) => page.fill("#profession", "سائق"), "#speed-0", "#office-0"] };
export const INSURANCE = { service: "moh.insurance", answers: [null, "#category-0", "#cover-1", () => {}, "#clinic-0", "#payment-0", "#collect-0"] };
export const birthWith = (other) => ({
  service: "moi.birth.register",
  answers: [null, "#birth-0", "#notice-0", (page) => page.fill("#given-name", "زينة"), (page) => page.fill("#given-name-latin", "Zeina"), (page) => otherParent(page, other), "#way-0"],
});

/** Names the other parent: typed, or chosen where the registry lists whom somebody is married to. */
export async function otherParent(page, number) {
  const listed = page.locator("#other-0");
  if (await listed.count()) await listed.check();
  else await page.fill("#other", number);
}

/** The same form with another answer on one of its pages. */
export const answering = ({ service, answers }, before, after) => ({ service, answers: answers.map((answer) => (answer === before ? after : answer)) });

/** Begins a draft; ends on its first page, and gives that page's address. */
export async function begin({ page, go }, { service }) {
  await go(`/services/${service}/start`);
  await page.click("#start");
  await page.waitForURL(/\/form\//);
  return page.url();
}

/** Fills a whole form in; ends on the page that checks the answers. */
export async function fillIn(visitor, form) {
  const { page } = visitor;
  await begin(visitor, form);
  for (const answer of form.answers) {
    if (typeof answer === "function") {
      await page.waitForSelector("#continue");
      await answer(page);
    } else {
      await page.waitForSelector(answer ?? "#known, #register-silent, #register-refused");
      if (answer) await page.check(answer);
    }
    await page.click("#continue");
  }
  await page.waitForSelector("#submit");
}

/** Fills a form in and sends it; ends on the case, and gives its address. */
export async function submit(visitor, form) {
  await fillIn(visitor, form);
  await visitor.page.click("#submit");
  await visitor.page.waitForSelector("#case");
  return visitor.page.url();
}
