import type { RunningProcess } from "../processes/start-process.ts";
import { descendantsOf } from "./descendants.ts";

export type Freezing =
  | { readonly type: "frozen"; readonly seconds: number; readonly standby: string }
  | { readonly type: "busy" }
  | { readonly type: "gone" };

export interface FreezerOptions {
  /** The local stack's workers that run now, by name. */
  readonly workers: () => readonly RunningProcess[];
  /** Long enough for its leases to run out, and for somebody else to take over. */
  readonly seconds: number;
  readonly tell: (text: string) => void;
}

export interface Freezer {
  freeze(name: string): Freezing;
  /** At once, whatever is still frozen. */
  thaw(): void;
}

/** Stops a worker in mid-step as a paused machine would: it and its commands do nothing, and do not know it. */
export function createFreezer({ workers, seconds, tell }: FreezerOptions): Freezer {
  let frozen: { pids: number[]; timer: NodeJS.Timeout; name: string } | undefined;
  const thaw = () => {
    if (frozen === undefined) return;
    clearTimeout(frozen.timer);
    for (const pid of frozen.pids) signal(pid, "SIGCONT");
    tell(`${frozen.name} is thawed: what it still believes to hold is refused now.`);
    frozen = undefined;
  };
  return {
    thaw,
    freeze(name) {
      if (frozen !== undefined) return { type: "busy" };
      const alive = workers().filter((one) => !one.hasEnded());
      const victim = alive.find((one) => one.name === name);
      const standby = alive.find((one) => one.name !== name);
      if (victim === undefined || standby === undefined) return { type: "gone" };
      // itself first: it must not see its commands stop
      const pids = [victim.pid];
      signal(victim.pid, "SIGSTOP");
      for (const pid of descendantsOf(victim.pid)) {
        pids.push(pid);
        signal(pid, "SIGSTOP");
      }
      frozen = { pids, name, timer: setTimeout(thaw, seconds * 1_000) };
      tell(
        `${name} is frozen for ${seconds} s; ${standby.name} takes over when its leases run out.`,
      );
      return { type: "frozen", seconds, standby: standby.name };
    },
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended by now
  }
}
