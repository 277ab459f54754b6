// npm run demo: the main job without a browser, from a fresh clone.
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { prepare } from "./lib/prepare.mjs";
import { runOnProjectNode } from "./lib/project-node.mjs";
import { main } from "./lib/say.mjs";

await main(async () => {
  await prepare("npm run demo");
  return runOnProjectNode(join(root, "apps/cli/bin/nofx.mjs"), ["demo", ...process.argv.slice(2)]);
});
