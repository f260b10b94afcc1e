// From `plan.json` to what the conformance suite is sent: names filled in,
// clients registered at the provider, with keys and secrets of this run.

import { generateKeyPairSync } from "node:crypto";

/** Replaces `{name}` and `{name.part}` in every text; a name that is not known is an error. */
export function fill(value, names) {
  if (typeof value === "string") {
    return value.replace(/\{([a-z_]+(?:\.[a-z_]+)?)\}/g, (_, path) => {
      const found = path.split(".").reduce((at, part) => at?.[part], names);
      if (typeof found !== "string") throw new Error(`plan.json: nothing is known as {${path}}`);
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, names));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fill(item, names)]));
  }
  return value;
}

/** A browser's entries with their tasks written out. */
const spelled = (entries, tasks) =>
  entries.map((entry) => ({
    ...entry,
    tasks: entry.tasks.map((name) => tasks[name] ?? fail(`plan.json: there is no task ${name}`)),
  }));

function fail(message) {
  throw new Error(message);
}

/** An ES256 key: its public half for the provider, both for the suite. */
function keys(kid) {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { d, ...jwk } = { ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "ES256" };
  return { shown: { keys: [jwk] }, kept: { keys: [{ ...jwk, d }] } };
}

/** Registers a client at a demo's provider; gives the client as the suite's configuration has it. */
async function register(provider, registration, kid) {
  const { shown, kept } = keys(kid);
  const response = await fetch(`${provider}/demo/clients`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...registration, jwks: shown }),
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`${provider}/demo/clients answers ${response.status}: ${answer}`);
  const { client_id, client_secret } = JSON.parse(answer);
  return client_secret ? { client_id, client_secret } : { client_id, jwks: kept };
}

/** What `POST /api/plan` is sent for one plan. */
export async function configure(file, plan, { suite, provider }) {
  const names = { suite, provider, alias: plan.alias, ...file.people };
  const configuration = {
    alias: plan.alias,
    description: `Hukumati, ${plan.plan}`,
    server: { discoveryUrl: `${provider}/.well-known/openid-configuration` },
    ...fill(plan.more ?? {}, names),
    browser: fill(spelled(file.browser, file.tasks), names),
    override: Object.fromEntries(
      Object.entries(file.override).map(([module, entries]) => [module, { browser: fill(spelled(entries, file.tasks), names) }]),
    ),
  };
  for (const [role, kind] of Object.entries(plan.configuration)) {
    const registered = await register(provider, fill(file.registrations[kind], names), role);
    configuration[role] = { ...registered, ...plan.client };
  }
  return configuration;
}
