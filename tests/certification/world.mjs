// A demo for the official modules: nobody's sign-ins are counted, for one person
// signs in a hundred times.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { startServer } from "../browser/harness.mjs";

const LIMITS = `[identity.limits]
pair_per_minute = 100000
pair_per_half_day = 100000
code_tries_per_person = 100000
`;

/** One server for all tests of a file; `world.server` is there when they run. */
export function useProvider(prepare) {
  const world = {};
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hukumati-certification-"));
    const file = join(folder, "limits.toml");
    await writeFile(file, LIMITS);
    world.server = await startServer({ args: ["--config", file] });
    await prepare?.(world);
  });
  after(async () => {
    await world.server?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return world;
}

/**
 * A module that waits because the standard's time must pass. `begin` runs before
 * all tests of its file and its outcome goes to `finish` when so many seconds are
 * over: other modules run meanwhile. Register it last.
 */
export function patiently(name, seconds, begin, finish) {
  let begun;
  before(() => {
    begun = begin().then((state) => ({ state, ready: Date.now() + seconds * 1_000 }));
    // It fails where it is awaited.
    begun.catch(() => {});
  });
  test(name, async () => {
    const { state, ready } = await begun;
    await wait(Math.max(0, ready - Date.now()));
    await finish(state);
  });
}
