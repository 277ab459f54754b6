import type { CallOutcome } from "@nofx/core/model-router";
import type { RoutingDeps } from "./routing-deps.ts";

export interface RouteOutcome {
  /** Null: seen by all tenants. For what was asked with the operator's own key. */
  readonly tenantId: string | null;
  readonly provider: string;
  readonly model: string;
  readonly region: string;
  /** It ended now. */
  readonly outcome: Omit<CallOutcome, "at">;
}

/** Notes what became of a call. Heeded here at once, everywhere within a second or two; written in batches. Never throws. */
export function recordOutcome(
  { routing }: Pick<RoutingDeps, "routing">,
  { outcome, ...key }: RouteOutcome,
): void {
  routing.note(key, outcome);
}
