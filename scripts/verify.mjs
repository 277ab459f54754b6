// npm run verify: every check that needs no database.
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { prepare } from "./lib/prepare.mjs";
import { runOnProjectNode } from "./lib/project-node.mjs";
import { main } from "./lib/say.mjs";

await main(async () => {
  await prepare("npm run verify");
  return runOnProjectNode(join(root, "scripts/checks/main.ts"), process.argv.slice(2));
});
