import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { commandLine, identifyProcess } from "./process-identity.ts";

/** What `postmaster.pid` in a data folder says, and whether it still holds. */
export type Postmaster = { pid: number; port: number; ready: boolean; alive: boolean };

/** Reads the lock file of a cluster; undefined when there is none. */
export function readPostmaster(dataDir: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(path.join(dataDir, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const command = identifyProcess(pid) ? commandLine(pid) : "";
  return {
    pid,
    port: Number(lines[3]),
    ready: lines[7]?.trim() === "ready",
    alive: command.includes("postgres") && command.includes(dataDir),
  };
}

/**
 * Leaves a data folder without a server: stops one that outlived its launcher, and removes the lock of one that died
 * (Postgres itself refuses to start when some other process has got the dead one's number).
 */
export async function clearPostmaster(dataDir: string): Promise<"none" | "stopped" | "stale"> {
  const found = readPostmaster(dataDir);
  if (!found) return "none";
  if (found.alive) {
    await stopPostmaster(found.pid);
    return "stopped";
  }
  rmSync(path.join(dataDir, "postmaster.pid"), { force: true });
  return "stale";
}

/** Fast shutdown; after 20 s an immediate one, from which the next start recovers. */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const [signal, seconds] of [
    ["SIGINT", 20],
    ["SIGQUIT", 5],
    ["SIGKILL", 5],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const until = Date.now() + seconds * 1000;
    while (Date.now() < until) {
      if (!identifyProcess(pid)) return;
      await delay(20);
    }
  }
}
