import { join } from "node:path";
import { root } from "./paths.mjs";
import { prepare } from "./prepare.mjs";
import { runOnProjectNode } from "./project-node.mjs";
import { main } from "./say.mjs";

/** Prepares the clone and runs the tests. A preparation that fails counts as one failed test. */
export async function runTests(what, env = {}) {
  let prepared = false;
  await main(async () => {
    await prepare(what);
    prepared = true;
    return runOnProjectNode(join(root, "scripts/test/main.ts"), process.argv.slice(2), env);
  });
  if (!prepared) console.log("0 passed, 1 failed, 0 skipped");
}
