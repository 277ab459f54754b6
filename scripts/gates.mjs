// npm run gates: runs the examples of every rule, the product's and those in examples/gates. Needs no database.
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { prepare } from "./lib/prepare.mjs";
import { runOnProjectNode } from "./lib/project-node.mjs";
import { main } from "./lib/say.mjs";

await main(async () => {
  await prepare("npm run gates");
  const script = join(root, "apps/cli/bin/nofx.mjs");
  return runOnProjectNode(script, ["gates", "test", ...process.argv.slice(2)]);
});
