// npm run smoke:cloud: a surface of the product over its public API, against what the environment names or a local stack.
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { prepare } from "./lib/prepare.mjs";
import { runOnProjectNode } from "./lib/project-node.mjs";
import { main } from "./lib/say.mjs";

await main(async () => {
  await prepare("npm run smoke:cloud");
  return runOnProjectNode(join(root, "tests/smoke/main.ts"), process.argv.slice(2));
});
