import {
  chooseAgents,
  chooseStrategy as choose,
  type ChosenAgent,
  type StrategyChoice,
  type Work,
} from "@nofx/core/dispatch";
import type { Random } from "@nofx/core/seams";
import { keepDecision, type EngineDb } from "@nofx/db/leases";
import { gatherEvidence, type Gathered } from "./gather-evidence.ts";

export interface ChooseInput extends Work {
  readonly tenantId: string;
  readonly runId?: string | undefined;
  readonly stepId?: string | undefined;
}

export interface Dispatched extends StrategyChoice {
  /** A uuid: what `noteOutcome` is told of. */
  readonly decisionId: string;
  /** In the order to take them; empty where no agent of the capability is there. */
  readonly agents: readonly ChosenAgent[];
  /** How long a step is left to the agent that it is meant for. */
  readonly preferSeconds: number;
}

/** Chooses strategy and agents on what is known, and logs choice, reason and numbers. In the worker's transaction. */
export async function chooseStrategy(
  tx: EngineDb,
  input: ChooseInput,
  random: Random,
): Promise<Dispatched> {
  const { tenantId, runId, stepId, ...work } = input;
  const gathered = await gatherEvidence(tx, tenantId, work, { keep: true });
  const { choice, agents } = decide(work, gathered, random);
  const { numbers } = choice;
  const decisionId = await keepDecision(tx, tenantId, {
    run_id: runId ?? null,
    step_id: stepId ?? null,
    capability: work.capability,
    segment: numbers.segment,
    strategy: choice.strategy,
    held_out: choice.heldOut,
    level: numbers.level,
    open: numbers.open,
    probability: numbers.probability,
    hold_out: numbers.holdOut,
    success_usd: numbers.successUsd,
    hour_usd: numbers.hourUsd,
    reason: choice.reason,
    numbers,
    agents,
  });
  return { ...choice, decisionId, agents, preferSeconds: gathered.settings.preferSeconds };
}

/** The choice by itself. */
export function decide(
  work: Work,
  { evidence, settings, candidates }: Gathered,
  random: Random,
  options: { likeliest?: boolean } = {},
): { choice: StrategyChoice; agents: ChosenAgent[] } {
  const choice = choose(work, evidence, settings, random, options);
  return { choice, agents: chooseAgents(candidates, choice.numbers, random) };
}
