import { EstimateView, ForecastView, PlanOutcomeView } from "@nofx/core/api";
import { scoreEstimates } from "@nofx/core/estimates";
import { PlanId, toId } from "@nofx/core/vocabulary";
import { listRunOutcomes, type OutcomeRecord } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { toOutcome } from "./to-outcome.ts";
import { loadPlan } from "./view.ts";

const OutcomeInput = z.object({ planId: PlanId });

/** What the newest run of a plan took so far, beside what was expected when the plan was made. */
export function getPlanOutcome(
  ctx: MemberContext,
  input: z.input<typeof OutcomeInput>,
): Promise<PlanOutcomeView> {
  return runQuery(ctx, OutcomeInput, input, async (tx, { planId }) => {
    const plan = await loadPlan(ctx, tx, planId);
    const runId = plan.latest_run_id;
    const rows = runId === null ? [] : await listRunOutcomes(tx.db, { planId: plan.id, runId });
    const forecast = ForecastView.safeParse(plan.forecast);
    const costs = rows.flatMap(({ cost_usd }) => cost_usd ?? []);
    return PlanOutcomeView.parse({
      planId,
      runId: runId === null ? null : toId("run", runId),
      runStatus: plan.latest_run_status,
      durationMs: {
        expected: forecast.success ? forecast.data.durationMs : null,
        took: plan.latest_run_ms,
      },
      costUsd: {
        expected: forecast.success ? forecast.data.costUsd : null,
        took: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
      },
      accuracy: scoreEstimates(rows.flatMap(toOutcome)),
      steps: rows.flatMap(viewStep),
    });
  });
}

function viewStep(row: OutcomeRecord) {
  const estimate = EstimateView.safeParse(row.estimate);
  if (!estimate.success) return [];
  const { p10, p90 } = estimate.data.durationMs;
  return [
    {
      name: row.name,
      title: row.title,
      kind: row.kind,
      status: row.status,
      estimate: estimate.data,
      tookMs: row.duration_ms,
      tokens: row.tokens,
      costUsd: row.cost_usd,
      inRange: p10 <= row.duration_ms && row.duration_ms <= p90,
    },
  ];
}
