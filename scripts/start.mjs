// npm start: from a fresh clone to the running control plane.
import { join } from "node:path";
import { tryLock } from "./lib/lock.mjs";
import { home, root } from "./lib/paths.mjs";
import { prepare } from "./lib/prepare.mjs";
import { runOnProjectNode } from "./lib/project-node.mjs";
import { main, say, Sentence } from "./lib/say.mjs";

await main(async () => {
  await prepare("npm start");
  const { holder } = tryLock(join(home, "start.lock"), "npm start", say);
  if (holder !== undefined) {
    throw new Sentence(
      `NOFX already runs from this clone (process ${holder.pid}, since ${holder.at}). Use that one, or stop it with Ctrl-C in its terminal or with: kill ${holder.pid}`,
    );
  }
  return runOnProjectNode(join(root, "apps/cli/bin/nofx.mjs"), ["dev", ...process.argv.slice(2)]);
});
