import type { ExchangeAnswer, Settlement } from "@nofx/control/steps";
import type { Metrics } from "../metrics.ts";

/** Counts what one exchange has settled, renewed and claimed. */
export function countAnswer(
  metrics: Metrics,
  sent: { settlements: readonly Settlement[]; answer: ExchangeAnswer; leaseMs: number },
): void {
  const { settlements, answer, leaseMs } = sent;
  for (const { step_id, epoch, result, status, reason = "lost" } of answer.settled.results) {
    if (result === "stale") {
      metrics.count("nofx_stale_settles_total", { reason });
      if (reason === "conflict") metrics.count("nofx_claim_conflicts_total");
      continue;
    }
    const settlement = settlements.find((one) => one.stepId === step_id && one.epoch === epoch);
    if (settlement === undefined) continue;
    metrics.count("nofx_steps_settled_total", { outcome: settlement.outcome });
    if (settlement.outcome !== "failed") continue;
    const { code } = settlement.error;
    metrics.count("nofx_step_failures_total", { code });
    if (status === "queued") metrics.count("nofx_step_retries_total", { code });
  }
  for (const { held } of answer.renewed) {
    metrics.count("nofx_lease_renewals_total", { result: held ? "ok" : "lost" });
  }
  for (const { kind, run_at, lease_until } of answer.claimed) {
    metrics.count("nofx_steps_claimed_total", { kind });
    // both by the database's clock
    const waitedMs = Date.parse(lease_until) - leaseMs - Date.parse(run_at);
    metrics.observe("nofx_queue_wait_seconds", waitedMs / 1_000, { kind });
  }
}
