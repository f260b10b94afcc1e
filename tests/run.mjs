// Runs test files by Node's own runner, in the order in which they are named, which
// `node --test` would not keep: node tests/run.mjs AT-ONCE FILE…

import { run } from "node:test";
import { spec } from "node:test/reporters";

const [atOnce, ...files] = process.argv.slice(2);
const tests = run({ files, concurrency: Number(atOnce) });
tests.on("test:fail", () => {
  process.exitCode = 1;
});
tests.compose(new spec()).pipe(process.stdout);
