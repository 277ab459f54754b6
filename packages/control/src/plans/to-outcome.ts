import { EstimateView } from "@nofx/core/api";
import type { Outcome } from "@nofx/core/estimates";
import type { OutcomeRecord } from "@nofx/db/queries";

/** What is compared of a step that ran; nothing where there was no naive guess to compare with, or no work of its own. */
export function toOutcome({
  kind,
  status,
  estimate,
  duration_ms,
  naive_ms,
}: OutcomeRecord): Outcome[] {
  if (status !== "succeeded" || naive_ms === null || kind === "wait" || kind === "approval") {
    return [];
  }
  const parsed = EstimateView.safeParse(estimate);
  if (!parsed.success) return [];
  return [{ range: parsed.data.durationMs, naive: naive_ms, actual: duration_ms }];
}
