import { DispatchDecisionView, type ChosenAgentView } from "@nofx/core/api";
import { toId } from "@nofx/core/vocabulary";
import type { DispatchDecisionRecord } from "@nofx/db/queries";

const PICO = 1e12;

/** A choice as people see it. */
export function viewDecision(row: DispatchDecisionRecord): DispatchDecisionView {
  const { succeeded, seconds, cost_pico: cost, noted_at: noted } = row;
  return DispatchDecisionView.parse({
    id: toId("dispatchDecision", row.id),
    at: row.decided_at.toISOString(),
    runId: row.run_id === null ? null : toId("run", row.run_id),
    stepId: row.step_id === null ? null : toId("step", row.step_id),
    capability: row.capability,
    segment: row.segment,
    strategy: row.strategy,
    heldOut: row.held_out,
    level: row.level,
    probability: row.probability,
    holdOut: row.hold_out,
    successUsd: row.success_usd,
    hourUsd: row.hour_usd,
    reason: row.reason,
    strategies: row.numbers.strategies,
    agents: row.agents.map(viewAgent),
    outcome:
      succeeded === null || seconds === null || noted === null
        ? null
        : {
            succeeded,
            seconds,
            costUsd: Number(cost ?? 0) / PICO,
            reward: row.reward,
            at: noted.toISOString(),
          },
  });
}

export function viewAgent({
  agentId,
  name,
  weight,
  why,
}: {
  agentId: string;
  name: string;
  weight: number;
  why: string;
}): ChosenAgentView {
  return { agentId: toId("agent", agentId), name, weight, why };
}
