import { start, type SessionMove, type SessionSpec } from "@nofx/core/orchestration";
import type { Random } from "@nofx/core/seams";
import type { SessionWith } from "@nofx/core/vocabulary";
import { beginSession, type EngineDb, type KnownSession, type SessionClaim } from "@nofx/db/leases";
import { chooseStrategy, type Dispatched } from "../dispatch/index.ts";
import { quotasOf } from "./quotas-of.ts";

export interface SessionDeps {
  readonly random: Random;
  /** Where this process runs. */
  readonly region?: string | undefined;
}

export interface BegunSession {
  readonly move: SessionMove;
  readonly decisionId: string;
  readonly preferSeconds: number;
}

/** Chooses strategy and agents, and stores the session with its quotas and its first state. */
export async function begin(
  tx: EngineDb,
  { random, region }: SessionDeps,
  claim: SessionClaim,
  args: SessionWith,
  known: KnownSession,
): Promise<BegunSession> {
  const quotas = quotasOf(args, known);
  const { strategy: asked, ...rest } = args;
  const choice = await chooseStrategy(
    tx,
    {
      tenantId: known.tenant_id,
      runId: known.run_id,
      stepId: claim.stepId,
      capability: args.capability,
      labels: known.item?.labels ?? [],
      itemType: known.item?.type ?? undefined,
      priority: known.priority,
      deadline: args.seconds === undefined && known.parent === null ? undefined : quotas.seconds,
      budget: args.budgetUsd,
      allowed: asked === "auto" ? undefined : [asked],
    },
    random,
  );
  const spec: SessionSpec = { ...rest, strategy: asked === "auto" ? choice.strategy : asked };
  const move = start(spec, {
    depthLeft: quotas.depth - known.depth,
    fanOut: quotas.fanOut,
    agents: agentsOf(args, choice),
  });
  await beginSession(tx, claim, {
    asked,
    strategy: spec.strategy,
    mode: spec.strategy === "swarm" ? (spec.mode ?? "best_of_n") : null,
    capability: spec.capability,
    decision_id: choice.decisionId,
    state: move.state,
    region: region ?? null,
    quotas,
  });
  return { move, decisionId: choice.decisionId, preferSeconds: choice.preferSeconds };
}

/** Those that were named, as far as they are there; else whom the dispatcher chose, the best first. */
function agentsOf({ agents }: SessionWith, choice: Dispatched): string[] {
  if (!Array.isArray(agents)) return choice.agents.map(({ agentId }) => agentId);
  const ids = new Map(choice.agents.map(({ name, agentId }) => [name, agentId]));
  return agents.flatMap((name) => ids.get(name) ?? []);
}
