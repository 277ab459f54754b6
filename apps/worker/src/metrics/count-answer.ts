import type { ExchangeAnswer, Settlement } from "@nofx/control/steps";
import type { Metrics } from "../metrics.ts";

/** Counts what one exchange has settled, renewed and claimed. */
export function countAnswer(
  metrics: Metrics,
  sent: { settlements: readonly Settlement[]; answer: ExchangeAnswer; leaseMs: number },
): void {
  const { settlements, answer } = sent;
  if (settlements.length > 0) countSettled(metrics, settlements, answer.settled.results);
  for (const { held } of answer.renewed) {
    metrics.count("nofx_lease_renewals_total", { result: held ? "ok" : "lost" });
  }
  if (answer.claimed.length > 0) countClaimed(metrics, answer.claimed, sent.leaseMs);
}

function countSettled(
  metrics: Metrics,
  settlements: readonly Settlement[],
  results: ExchangeAnswer["settled"]["results"],
): void {
  // most settle and succeed, and of those nothing need be told
  const told = new Map(results.map((row) => [`${row.step_id}:${row.epoch}`, row]));
  const outcomes = { succeeded: 0, failed: 0, released: 0 };
  for (const settlement of settlements) {
    const row = told.size === 0 ? undefined : told.get(`${settlement.stepId}:${settlement.epoch}`);
    if (row?.result === "stale") {
      const { reason = "lost" } = row;
      metrics.count("nofx_stale_settles_total", { reason });
      if (reason === "conflict") metrics.count("nofx_claim_conflicts_total");
      continue;
    }
    outcomes[settlement.outcome] += 1;
    if (settlement.outcome !== "failed") continue;
    const { code } = settlement.error;
    metrics.count("nofx_step_failures_total", { code });
    if (row?.status === "queued") metrics.count("nofx_step_retries_total", { code });
  }
  for (const [outcome, count] of Object.entries(outcomes)) {
    if (count > 0) metrics.count("nofx_steps_settled_total", { outcome }, count);
  }
}

function countClaimed(metrics: Metrics, claimed: ExchangeAnswer["claimed"], leaseMs: number): void {
  const kinds = new Map<string, number>();
  // by the database's clock, as run_at is; the claims of one answer were made in one statement
  const claimedAt = Date.parse(claimed[0]?.lease_until ?? "") - leaseMs;
  for (const { kind, run_at } of claimed) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const waitedMs = claimedAt - Date.parse(run_at);
    metrics.observe("nofx_queue_wait_seconds", waitedMs / 1_000, { kind });
  }
  for (const [kind, count] of kinds) metrics.count("nofx_steps_claimed_total", { kind }, count);
}
