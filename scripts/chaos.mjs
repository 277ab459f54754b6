// npm run chaos: workers, an agent and Postgres, killed, frozen and cut off at random; nothing is lost or done twice.
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { prepare } from "./lib/prepare.mjs";
import { runOnProjectNode } from "./lib/project-node.mjs";
import { main } from "./lib/say.mjs";

await main(async () => {
  await prepare("npm run chaos");
  return runOnProjectNode(join(root, "tests/chaos/main.ts"), process.argv.slice(2));
});
