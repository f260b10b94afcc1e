// Runs the official conformance suite against a provider:
//
//   node certification/run.mjs --suite https://localhost.emobix.co.uk:8443 --provider https://demo.example
//
// README.md says what both need. The verdict is printed, each plan's results lie
// in --out as the suite exports them, and the exit code is 1 if a module failed.

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";

import { configure } from "./configuration.mjs";
import { Suite } from "./suite.mjs";

/** How long a module may take, and how often one looks. */
const MODULE_LIMIT_MS = 5 * 60_000;
const POLL_MS = 2_000;

/** Results that are no failure; a person looks at the middle two. */
const GOOD = ["PASSED", "WARNING", "REVIEW", "SKIPPED"];

const { values: options } = parseArgs({
  options: {
    suite: { type: "string" },
    provider: { type: "string" },
    /** Only these plans, only these modules; as often as one likes. */
    plan: { type: "string", multiple: true, default: [] },
    module: { type: "string", multiple: true, default: [] },
    out: { type: "string", default: "target/certification" },
    "poll-ms": { type: "string", default: String(POLL_MS) },
    "limit-ms": { type: "string", default: String(MODULE_LIMIT_MS) },
  },
});

const bare = (address, name) => {
  if (!address) throw new Error(`--${name} is missing: scheme, host and port`);
  return new URL(address).origin;
};

/** Follows a test to its end; gives its result. */
async function finish(suite, test) {
  const until = Date.now() + Number(options["limit-ms"]);
  let begun = false;
  while (Date.now() < until) {
    const { status, result } = await suite.info(test);
    if (status === "FINISHED" && result) return result;
    if (status === "INTERRUPTED") return "INTERRUPTED";
    if (status === "CONFIGURED" && !begun) {
      begun = true;
      await suite.start(test);
    }
    await wait(Number(options["poll-ms"]));
  }
  return "TIMEOUT";
}

/** The conditions of a log that did not hold. */
async function complaints(suite, test) {
  const entries = await suite.log(test);
  const bad = entries.filter(({ result }) => ["FAILURE", "WARNING"].includes(result));
  return bad.map(({ result, src, msg }) => `${result.toLowerCase()} ${src}: ${msg}`);
}

async function runPlan(suite, file, plan, places) {
  console.log(`\n${plan.plan} ${JSON.stringify(plan.variant)}`);
  const configuration = await configure(file, plan, places);
  const { id, modules } = await suite.createPlan(plan.plan, plan.variant, configuration);
  console.log(`${suite.origin}/plan-detail.html?plan=${id}`);
  const wanted = modules.filter(({ testModule }) => options.module.length === 0 || options.module.includes(testModule));
  const results = [];
  for (const module of wanted) {
    const { id: test } = await suite.createTest(id, module);
    const result = await finish(suite, test);
    results.push({ module: module.testModule, result });
    console.log(`${result.padEnd(11)} ${module.testModule}`);
    if (!["PASSED", "SKIPPED"].includes(result)) {
      for (const line of await complaints(suite, test)) console.log(`            ${line}`);
      console.log(`            ${suite.origin}/log-detail.html?log=${test}`);
    }
  }
  await mkdir(options.out, { recursive: true });
  const archive = join(options.out, `${plan.plan}.zip`);
  await suite.export(id, archive);
  console.log(`results: ${archive}`);
  return results;
}

async function main() {
  const places = { suite: bare(options.suite, "suite"), provider: bare(options.provider, "provider") };
  const suite = new Suite(places.suite, process.env.CONFORMANCE_TOKEN);
  const file = JSON.parse(await readFile(new URL("plan.json", import.meta.url), "utf8"));
  const unknown = options.plan.filter((name) => !file.plans.some(({ plan }) => plan === name));
  if (unknown.length > 0) throw new Error(`plan.json has no ${unknown.join(", ")}`);
  const results = [];
  for (const plan of file.plans) {
    if (options.plan.length > 0 && !options.plan.includes(plan.plan)) continue;
    results.push(...(await runPlan(suite, file, plan, places)));
  }
  const counts = new Map();
  for (const { result } of results) counts.set(result, (counts.get(result) ?? 0) + 1);
  const failed = results.filter(({ result }) => !GOOD.includes(result));
  console.log(`\n${results.length} modules: ${[...counts].map(([result, count]) => `${count} ${result}`).join(", ") || "none"}`);
  console.log(failed.length > 0 || results.length === 0 ? "verdict: failed" : "verdict: passed");
  process.exitCode = failed.length > 0 || results.length === 0 ? 1 : 0;
}

await main().catch((error) => {
  console.error(`certification: ${error.message}`);
  process.exitCode = 1;
});
