import { existsSync, realpathSync, rmSync } from "node:fs";
import path from "node:path";
import { LocalStackError } from "./local-stack-error.ts";
import { readClusterFile } from "./postgres/cluster-file.ts";
import { clearPostmaster, readPostmaster } from "./postgres/postmaster.ts";
import { isRunning } from "./postgres/process-identity.ts";

/**
 * Removes the database and the files of a local stack, wherever they live, so that the next start makes new ones; the keys
 * stay. Returns what was removed.
 */
export async function resetLocalStack(options: { home: string }): Promise<string[]> {
  if (!existsSync(options.home)) return [];
  const home = realpathSync(options.home);
  const { owner, place = path.join(home, "postgres") } = readClusterFile(home);
  const dataDir = path.join(place, "data");
  if (owner && isRunning(owner) && readPostmaster(dataDir)?.alive) {
    throw new LocalStackError(
      "already_running",
      `The local stack of ${home} is running (process ${owner.pid}); stop it first.`,
    );
  }
  await clearPostmaster(dataDir);
  const removed = [place, path.join(home, "storage"), path.join(home, "postgres.json")];
  for (const item of removed) rmSync(item, { recursive: true, force: true });
  return removed;
}
