import { AgentBreaker, foldEvidence, type BreakerOptions } from "@nofx/core/agents";
import type { AgentEvidence, FoldedEvidence } from "@nofx/db/leases";
import { readRecent } from "./capabilities.ts";

/** What evidence of agents is kept in. */
export interface EvidenceStore {
  next(limit: number): Promise<AgentEvidence>;
  fold(folded: FoldedEvidence): Promise<void>;
  prune(limit: number): Promise<number>;
}

const PASS = 500;

/** Folds what ended since the last pass into the evidence of agents, and opens or closes their breakers. Answers how many attempts. */
export async function foldAgentEvidence(
  store: EvidenceStore,
  options?: BreakerOptions,
): Promise<number> {
  const { outcomes, agents, capabilities } = await store.next(PASS);
  if (outcomes.length === 0) return 0;
  const folded = foldEvidence(
    outcomes.map((one) => ({
      id: one.id,
      agentId: one.agent_id,
      capability: one.capability,
      stepId: one.step_id,
      succeeded: one.succeeded,
      errorCode: one.error_code,
      ms: one.ms,
      costPico: one.cost_pico,
      claimedAt: one.claimed_at,
      at: one.at,
    })),
    agents.map((one) => ({
      id: one.id,
      status: one.status,
      statusBy: one.status_by,
      breaker: AgentBreaker.parse(one.breaker),
      breakerEnabled: one.breaker_enabled,
      revision: one.revision,
    })),
    capabilities.map((one) => ({
      agentId: one.agent_id,
      capability: one.capability,
      recent: readRecent(one.recent),
      declared: {
        successRate: one.declared_success_rate,
        latencyMs: one.declared_latency_ms,
        costPico: one.declared_cost_pico,
      },
    })),
    options,
  );
  await store.fold({
    ids: outcomes.map(({ id }) => id),
    capabilities: folded.capabilities.map((one) => ({
      agent_id: one.agentId,
      capability: one.capability,
      samples: one.samples,
      successes: one.successes,
      since: one.since,
      last_at: one.lastAt,
      recent: one.recent,
      success_rate: one.successRate,
      latency_ms: one.latencyMs,
      cost_pico: one.costPico,
    })),
    agents: folded.agents.map((one) => ({
      id: one.id,
      revision: one.revision,
      breaker: one.breaker,
      status: one.status ?? null,
      reason: one.reason ?? null,
      trial_at: one.trialAt,
    })),
  });
  return outcomes.length;
}
