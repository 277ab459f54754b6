import { afterOutcome, AGENT_BREAKER, type AgentBreaker, type BreakerOptions } from "./breaker.ts";
import { believe, keepSample, type Believed, type Declared, type Sample } from "./evidence.ts";

/** An attempt that ended, as it waits to be folded. */
export interface EndedAttempt {
  readonly id: number;
  readonly agentId: string;
  readonly capability: string;
  readonly stepId: string;
  readonly succeeded: boolean;
  readonly errorCode: string | null;
  readonly ms: number;
  readonly costPico: number | null;
  readonly claimedAt: number;
  readonly at: number;
}

export interface JudgedAgent {
  readonly id: string;
  readonly status: "active" | "draining" | "quarantined" | "retired";
  readonly statusBy: "person" | "breaker";
  readonly breaker: AgentBreaker;
  readonly breakerEnabled: boolean;
  readonly revision: number;
}

export interface KnownCapability {
  readonly agentId: string;
  readonly capability: string;
  readonly declared: Declared;
  readonly recent: readonly Sample[];
}

export interface EvidenceChange extends Believed {
  readonly agentId: string;
  readonly capability: string;
  /** To be added to what there is. */
  readonly samples: number;
  readonly successes: number;
  readonly since: number;
  readonly lastAt: number;
  readonly recent: readonly Sample[];
}

export interface AgentChange {
  readonly id: string;
  readonly revision: number;
  readonly breaker: AgentBreaker;
  readonly trialAt: number | null;
  /** Only where the breaker changes it. */
  readonly status?: "active" | "quarantined";
  readonly reason?: string;
}

/** What ended attempts say of agents: the evidence of each capability, and whose breaker opens or closes. */
export function foldEvidence(
  attempts: readonly EndedAttempt[],
  agents: readonly JudgedAgent[],
  capabilities: readonly KnownCapability[],
  options: BreakerOptions = AGENT_BREAKER,
): { capabilities: EvidenceChange[]; agents: AgentChange[] } {
  return {
    capabilities: capabilities.flatMap((known) => {
      const ended = attempts.filter(
        ({ agentId, capability }) => agentId === known.agentId && capability === known.capability,
      );
      const [first] = ended;
      const last = ended.at(-1);
      if (first === undefined || last === undefined) return [];
      const recent = ended.reduce<readonly Sample[]>(
        (kept, one) => keepSample(kept, sampleOf(one)),
        known.recent,
      );
      return [
        {
          agentId: known.agentId,
          capability: known.capability,
          samples: ended.length,
          successes: ended.filter(({ succeeded }) => succeeded).length,
          since: first.at,
          lastAt: last.at,
          recent,
          ...believe(known.declared, recent),
        },
      ];
    }),
    agents: agents.flatMap((agent) =>
      judge(
        agent,
        attempts.filter(({ agentId }) => agentId === agent.id),
        options,
      ),
    ),
  };
}

function sampleOf(one: EndedAttempt): Sample {
  return [one.succeeded, one.ms, one.costPico, one.stepId, one.at, one.errorCode];
}

/** What people said of an agent stands: its breaker moves it only from active, and back from where it put it. */
function judge(
  agent: JudgedAgent,
  ended: readonly EndedAttempt[],
  options: BreakerOptions,
): AgentChange[] {
  const byBreaker = agent.status === "quarantined" && agent.statusBy === "breaker";
  if (!agent.breakerEnabled || (agent.status !== "active" && !byBreaker)) return [];
  const breaker = ended.reduce(
    (state, outcome) => afterOutcome(state, outcome, options),
    agent.breaker,
  );
  const change = { id: agent.id, revision: agent.revision, breaker, trialAt: breaker.until };
  if (breaker.open) {
    const reason = `Its breaker opened: ${Math.round(options.failing * 100)} % or more of its newest attempts failed.`;
    return [{ ...change, status: "quarantined", reason }];
  }
  return byBreaker ? [{ ...change, status: "active" }] : [change];
}
