// Filling in a service's form, as far as a journey needs it.

/** The two services, each with what is chosen on its pages; none where registers tell. */
export const EXTRACT = { service: "moi.family.extract", answers: [null, "#purpose-0"] };
export const LICENCE = { service: "mot.licence.renew", answers: [null, null, "#glasses-1", "#health-0", "#collection-0"] };

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
    await page.waitForSelector(answer ?? "#known, #register-silent, #register-refused");
    if (answer) await page.check(answer);
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
