import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "@nofx/db/local-stack/process-identity";
import { readState } from "./state.ts";

/** Orphans end by themselves within this time; they are not interrupted while they give back their leases. */
const PATIENCE_MS = 9_000;

/** Waits for processes of a system that was killed outright, then ends them. Returns how many there were. */
export async function clearLeftovers(
  home: string,
  patienceMs: number = PATIENCE_MS,
): Promise<number> {
  const left = (readState(home)?.processes ?? []).filter(isRunning);
  const until = Date.now() + patienceMs;
  while (left.some(isRunning) && Date.now() < until) await delay(50);
  for (const orphan of left.filter(isRunning)) {
    try {
      process.kill(-orphan.pid, "SIGKILL");
    } catch {
      // It has ended by now.
    }
  }
  return left.length;
}
