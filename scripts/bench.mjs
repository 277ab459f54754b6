// npm run bench:*: measures; the first argument is the file in bench/ that does it, the others are its own.
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { prepare } from "./lib/prepare.mjs";
import { runOnProjectNode } from "./lib/project-node.mjs";
import { main } from "./lib/say.mjs";

await main(async () => {
  const [file, ...args] = process.argv.slice(2);
  await prepare("npm run bench");
  return runOnProjectNode(join(root, "bench", file), args);
});
