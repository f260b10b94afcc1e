// Folders of services that the project does not have: the project's own with three
// more, and a life event that bundles them. For the journeys of `bundle.test.mjs`.

import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ROOT } from "./harness.mjs";

/** Every text of every service here: Arabic, English. */
const TEXTS = {
  "who-may-apply": ["والد المولود أو والدته", "A parent of the newborn"],
  "what-is-needed": ["لا شيء", "Nothing"],
  promise: ["خلال ثلاثة أيام عمل", "Within three working days"],
  collection: ["في محفظة الوثائق أو من مكتب بريد", "In your wallet or from a post office"],
  "paper-title": ["شهادة", "A certificate"],
  "source-person": ["السجل المدني", "Civil registry"],
  "reason-no": ["لا تنطبق الشروط", "The conditions are not met"],
  "page-who-title": ["مقدم الطلب", "Who applies"],
  "known-name": ["الاسم", "Name"],
  "page-child-title": ["اسم المولود", "Name of the newborn"],
  "field-child-label": ["اسم المولود", "Name of the newborn"],
  "field-child-hint": ["الاسم الأول كما سيُقيَّد", "The first name as it will be registered"],
  "field-child-missing": ["يلزم اسم المولود", "Give the name of the newborn"],
  "page-born-title": ["تاريخ الميلاد", "Date of birth"],
  "field-born-label": ["تاريخ الميلاد", "Date of birth"],
  "field-born-hint": ["مثل ⁦24 11 2026⁩", "Such as ⁦24 11 2026⁩"],
  "field-born-missing": ["يلزم تاريخ الميلاد", "Give the date of birth"],
  "field-born-refused": ["لا يكون التاريخ بعد اليوم", "The date cannot be after today"],
  "page-insured-title": ["التأمين الصحي", "Health insurance"],
  "field-insured-label": ["هل يُضاف المولود إلى التأمين الصحي؟", "Is the newborn to be insured?"],
  "field-insured-hint": ["تبدأ التغطية من يوم الميلاد", "The cover begins on the day of birth"],
  "field-insured-missing": ["يلزم اختيار نعم أو لا", "Choose yes or no"],
  "option-insured-yes": ["نعم", "Yes"],
  "option-insured-no": ["لا", "No"],
  "page-number-title": ["رقم بطاقة التأمين", "Number of the insurance card"],
  "field-number-label": ["رقم بطاقة التأمين", "Number of the insurance card"],
  "field-number-hint": ["كما هو على البطاقة", "As it stands on the card"],
  "field-number-missing": ["يلزم رقم البطاقة", "Give the number of the card"],
  "page-office-title": ["مكتب الاستلام", "Office of collection"],
  "field-office-label": ["مكتب البريد لاستلام الشهادة", "Post office for collection"],
  "field-office-hint": ["أقرب مكتب", "The nearest one"],
  "field-office-missing": ["يلزم اختيار مكتب", "Choose an office"],
};

const CHILD = `[[page]]\nid = "child"\nfield = { id = "child", kind = "text", required = true, length = 40 }\n`;
const BORN = `[[page]]\nid = "born"\nfield = { id = "born", kind = "date", required = true, check = "answers.born <= today" }\n`;
const INSURED = `[[page]]\nid = "insured"\nfield = { id = "insured", kind = "choice", required = true, options = ["yes", "no"] }\n`;
const NUMBER = `[[page]]\nid = "number"\nwhen = "answers.insured == 'yes'"\nfield = { id = "number", kind = "text", required = true, length = 20 }\n`;
const WHO = `[[page]]\nid = "who"\nknown = [{ id = "name", lookup = "person", path = "/full_name/ar" }]\n`;
const OFFICE = `[[page]]\nid = "office"\nfield = { id = "office", kind = "post-office", required = true }\n`;
const CLERK = `[[step]]\nkind = "decide"\nby = "clerk"\nunit = "licensing.ramallah"\n`;
const DELIVER = `[[step]]\nkind = "issue"\n[[step]]\nkind = "deliver"\n`;
const PAY = `[[fee]]\ncode = "test.copy"\n[[step]]\nkind = "pay"\n[[register.fee]]\ncode = "test.copy"
name = { ar = "رسم شهادة", en = "Fee for a certificate" }\namount = "10.00"\ncurrency = "ILS"\nvalid_from = "2026-01-01"
decision = { ar = "قرار تجريبي رقم 9/2026", en = "Sample decision 9/2026" }\n`;

/** Each service: its names, what it says of itself, what it asks and does. */
const SERVICES = {
  "test.birth": [["قيد مولود", "Register a birth"], ["قيد المولود في السجل المدني", "The newborn is entered in the civil registry"], WHO + CHILD + BORN + INSURED + CLERK],
  "test.copy": [["شهادة ميلاد أولى", "First birth certificate"], ["شهادة ميلاد مختومة", "A sealed birth certificate"], CHILD + BORN + OFFICE + PAY + CLERK + DELIVER],
  "test.insurance": [["إضافة مولود إلى التأمين", "Insure a newborn"], ["إضافة المولود إلى بطاقة التأمين", "The newborn joins the insurance card"], CHILD + INSURED + NUMBER + CLERK],
};

const EVENT = `
[[event]]
key = "newborn"
name = { ar = "ولادة مولود", en = "A child is born" }
shared = ["child", "born", "insured"]
bundle = [
  { service = "test.birth" },
  { service = "test.copy", optional = true },
  { service = "test.insurance", when = "answers.insured == 'yes'" },
]
`;

async function writeService(folder, [key, [names, summaries, body]]) {
  await mkdir(join(folder, key));
  const texts = { name: names, summary: summaries, ...TEXTS };
  for (const [at, locale] of ["ar", "en"].entries()) {
    const lines = Object.entries(texts).map(([name, spoken]) => `${name} = ${spoken[at]}\n`);
    await writeFile(join(folder, key, `${locale}.ftl`), lines.join(""));
  }
  const head = `key = "${key}"\nversion = 1\nsample = true\nprovider = "moi"\nassurance = "substantial"\ndelivery = ["wallet", "post"]\n`;
  const tail = `[promise]\nworking_days = 3\n[[lookup]]\nid = "person"\noperation = "PS/GOV/MOI/CIVIL/person"\n[paper]\nserial = "TB"\nvalue = [{ id = "name", lookup = "person", path = "/full_name/ar" }]\n`;
  await writeFile(join(folder, key, "service.toml"), head + body + tail);
  await writeFile(join(folder, key, "examples.toml"), "");
  await writeFile(join(folder, key, "paper.typ"), `#import "sheet.typ": *\n#show: sheet\n\n#let p = values()\n#facts(fact("Name", "الاسم", p.name))\n`);
}

/** A folder of services for one server; `gone` takes it away. */
export async function bundledServices() {
  const folder = await mkdtemp(join(tmpdir(), "hukumati-services-"));
  await cp(join(ROOT, "services"), folder, { recursive: true });
  for (const service of Object.entries(SERVICES)) await writeService(folder, service);
  await appendFile(join(folder, "life-events.toml"), EVENT);
  const agreement = `\n[[agreement]]\nreference = "Sample T-1/2026"\nclient = "PS/GOV/MTIT/PORTAL"\nvalid_from = "2026-01-01"\npurposes = ${JSON.stringify(Object.keys(SERVICES))}\nfields = ["/id_number", "/full_name", "/birth_date", "/sex", "/status", "/version"]\n`;
  await appendFile(join(folder, "operations/moi.civil.person.toml"), agreement);
  return { folder, gone: () => rm(folder, { recursive: true, force: true }) };
}
