import type { ChosenAgent, StrategyChoice, Work } from "@nofx/core/dispatch";
import type { Random } from "@nofx/core/seams";
import type { EngineDb } from "@nofx/db/leases";

export interface ChooseInput extends Work {
  readonly tenantId: string;
  readonly runId?: string | undefined;
  readonly stepId?: string | undefined;
}

export interface Dispatched extends StrategyChoice {
  /** A uuid: what `noteOutcome` is told of. */
  readonly decisionId: string;
  /** The best first; empty where no agent of the capability is there. */
  readonly agents: readonly ChosenAgent[];
  /** How long a step is left to the agent that it is meant for. */
  readonly preferSeconds: number;
}

/** Chooses strategy and agents on what is known, and logs choice, reason and numbers. In the caller's transaction, as worker or member. */
export async function chooseStrategy(
  tx: EngineDb,
  input: ChooseInput,
  random: Random,
): Promise<Dispatched> {
  void [tx, input, random];
  throw new Error("not there yet");
}
