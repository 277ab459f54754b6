// npm run mutants: our own code, broken on purpose in many ways; a named test has to notice each.
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { prepare } from "./lib/prepare.mjs";
import { runOnProjectNode } from "./lib/project-node.mjs";
import { main } from "./lib/say.mjs";

await main(async () => {
  await prepare("npm run mutants");
  return runOnProjectNode(join(root, "tests/mutants/main.ts"), process.argv.slice(2));
});
