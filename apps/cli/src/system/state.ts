import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "@nofx/db/local-stack/process-identity";
import { z } from "zod";

/** What a running system tells others who come to this clone: `<home>/state.json`. */
export const SystemState = z.object({
  pid: z.int(),
  /** When that process started: a later one may get its number. */
  started: z.string(),
  phase: z.enum(["starting", "ready", "stopping"]),
  command: z.string(),
  startedAt: z.string(),
  addresses: z
    .object({
      dashboard: z.string(),
      supabase: z.string(),
      publishableKey: z.string(),
      agents: z.string(),
      postgresPort: z.int(),
    })
    .nullable(),
  /** Its processes, told apart from later ones of the same number by when they started. */
  processes: z.array(z.object({ name: z.string(), pid: z.int(), started: z.string() })),
});
export type SystemState = z.infer<typeof SystemState>;
export type Addresses = NonNullable<SystemState["addresses"]>;

const fileOf = (home: string) => join(home, "state.json");

/** What was written last; undefined when nothing runs, or nothing readable is there. */
export function readState(home: string): SystemState | undefined {
  try {
    return SystemState.parse(JSON.parse(readFileSync(fileOf(home), "utf8")));
  } catch {
    return undefined;
  }
}

/** Whether what wrote the state still runs. */
export function isAlive(state: SystemState): boolean {
  return isRunning(state);
}

export function writeState(home: string, state: SystemState): void {
  const next = `${fileOf(home)}.new`;
  writeFileSync(next, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, fileOf(home));
}

export function removeState(home: string): void {
  rmSync(fileOf(home), { force: true });
}
