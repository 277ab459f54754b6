import { noteStrategyOutcome, type EngineDb } from "@nofx/db/leases";

export interface OutcomeOfChoice {
  readonly decisionId: string;
  readonly succeeded: boolean;
  readonly seconds: number;
  /** Millionths of a millionth of a US dollar. */
  readonly costPico: bigint | string;
  /** How good a success was, 0 to 1, where somebody knows. */
  readonly reward?: number | undefined;
}

/**
 * Notes how a choice ended; a repetition changes nothing. Takes no lock that others wait for: the next choice of the tenant learns from
 * it.
 */
export async function noteOutcome(tx: EngineDb, outcome: OutcomeOfChoice): Promise<void> {
  // what is no number would make all that is known one
  const seconds = Number.isFinite(outcome.seconds) ? Math.max(0, outcome.seconds) : 0;
  await noteStrategyOutcome(tx, { ...outcome, seconds });
}
