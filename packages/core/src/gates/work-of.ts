import type { PlannedStep } from "../planner/index.ts";

/** What sort of work a step is, as successes are counted: `shell`, `http`, `agent:code.patch`. Waits are no work. */
export function workOf({ kind, capability }: PlannedStep): string | undefined {
  if (kind === "wait" || kind === "approval") return undefined;
  return kind === "agent" ? `agent:${capability ?? ""}` : kind;
}
