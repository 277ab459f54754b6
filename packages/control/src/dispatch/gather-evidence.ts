import {
  DispatchSettings,
  learnAll,
  NO_LEVEL,
  readLevels,
  segmentOf,
  TENANT_KEY,
  type AgentCandidate,
  type Evidence,
  type PlacedOutcome,
  type Work,
} from "@nofx/core/dispatch";
import { Strategy } from "@nofx/core/vocabulary";
import { dispatchEvidence, keepLearnt, type EngineDb } from "@nofx/db/leases";

export interface Gathered {
  readonly evidence: Evidence;
  readonly settings: DispatchSettings;
  readonly candidates: readonly AgentCandidate[];
}

/**
 * What a choice goes by, with all outcomes that were noted before it. With `keep`, what is learnt of the new ones is stored, unless
 * another transaction of the tenant is at it: then it is learnt for this choice alone.
 */
export async function gatherEvidence(
  tx: EngineDb,
  tenantId: string,
  work: Work,
  { keep }: { keep: boolean },
): Promise<Gathered> {
  const { segment, capability } = segmentOf(work);
  const found = await dispatchEvidence(tx, { tenantId, capability, segment, learn: keep });
  const outcomes = found.outcomes.map(
    ({ strategy, ...outcome }): PlacedOutcome & { decisionId: string } => ({
      ...outcome,
      strategy: Strategy.parse(strategy),
    }),
  );
  const levels = learnAll(readLevels(found.levels), outcomes);
  if (found.learns && outcomes.length > 0) {
    await keepLearnt(tx, tenantId, {
      levels: Object.fromEntries(levels),
      outcomes: outcomes.map(({ decisionId }) => decisionId),
    });
  }
  return {
    evidence: {
      tenant: levels.get(TENANT_KEY) ?? NO_LEVEL,
      capability: levels.get(capability) ?? NO_LEVEL,
      segment: levels.get(segment) ?? NO_LEVEL,
      agents: found.agents.length,
      at: found.at,
    },
    settings: DispatchSettings.parse(found.settings ?? {}),
    candidates: found.agents,
  };
}
