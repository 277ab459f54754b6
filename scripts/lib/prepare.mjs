// From a fresh clone to one that runs: checks the machine, installs the packages if they changed. Plain JavaScript without
// dependencies, because it runs on the machine's Node before anything is installed.
import { join } from "node:path";
import { install, isInstalled } from "./install.mjs";
import { lock } from "./lock.mjs";
import { checkMachine, requireRoom } from "./machine.mjs";
import { home, root } from "./paths.mjs";
import { say, step } from "./say.mjs";

/** Makes the clone ready to run, for the command `what`. Takes milliseconds when it already is. */
export async function prepare(what) {
  if (isInstalled()) return requireRoom(root);
  await step("machine", () => checkMachine(root));
  const release = await lock(join(home, "prepare.lock"), what, say);
  try {
    // Whoever held the lock may have done the work.
    if (!isInstalled()) await step("packages", install);
  } finally {
    release();
  }
}
