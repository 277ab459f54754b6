import { join } from "node:path";
import { root } from "./paths.mjs";
import { prepare } from "./prepare.mjs";
import { runOnProjectNode } from "./project-node.mjs";
import { main } from "./say.mjs";

/** Prepares the clone and runs a command of `nofx` with the arguments of this process. */
export async function runNofx(what, command) {
  await main(async () => {
    await prepare(what);
    const script = join(root, "apps/cli/bin/nofx.mjs");
    return runOnProjectNode(script, [command, ...process.argv.slice(2)]);
  });
}
