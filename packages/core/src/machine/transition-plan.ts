import type { ErrorCode } from "../errors/index.ts";
import type { PlanStatus, Verdict } from "../vocabulary/index.ts";

/**
 * The life of a plan version. Its steps never change; only this does.
 *
 * # ready
 * Entered when no gate blocks it. A clean plan is approved at once; a warning asks people first.
 *
 * # blocked
 * Entered when a gate blocks it. It can only be replaced or given up.
 *
 * # approved
 * It may be executed, any number of times.
 *
 * # superseded
 * Terminal: a newer version took its place before it was executed.
 *
 * # cancelled
 * Terminal: people said no, or gave it up.
 */
export const PLAN_TRANSITIONS = [
  { from: ["ready"], event: "approve", to: "approved" },
  { from: ["ready", "blocked", "approved"], event: "supersede", to: "superseded" },
  { from: ["ready", "blocked", "approved"], event: "cancel", to: "cancelled" },
] as const satisfies readonly {
  from: readonly PlanStatus[];
  event: PlanEvent;
  to: PlanStatus;
}[];

export type PlanEvent = "approve" | "supersede" | "cancel";

export type PlanResult =
  | { readonly ok: true; readonly next: PlanStatus }
  | { readonly ok: false; readonly code: Extract<ErrorCode, "plan_blocked" | "conflict"> };

export function transitionPlan(status: PlanStatus, event: PlanEvent): PlanResult {
  const row = PLAN_TRANSITIONS.find(
    (one) => one.event === event && (one.from as readonly string[]).includes(status),
  );
  if (row !== undefined) return { ok: true, next: row.to };
  return { ok: false, code: status === "blocked" ? "plan_blocked" : "conflict" };
}

/** Where a new plan version begins, by the worst verdict of its gates. */
export function initialPlanStatus(verdict: Verdict): PlanStatus {
  return verdict === "block" ? "blocked" : verdict === "warn" ? "ready" : "approved";
}
