import type { ItemType, Strategy } from "../vocabulary/index.ts";

/** What is known of a piece of work when its strategy is chosen. */
export interface Work {
  readonly capability: string;
  readonly labels: readonly string[];
  readonly itemType?: ItemType | undefined;
  /** 1 is the most urgent, 5 the least. */
  readonly priority?: number | undefined;
  /** Seconds that are left for it. */
  readonly deadline?: number | undefined;
  /** US dollars that it may cost. */
  readonly budget?: number | undefined;
  /** All, where it is absent. */
  readonly allowed?: readonly Strategy[] | undefined;
}

/** An agent that may take part, the best first. Weights add up to 1. */
export interface ChosenAgent {
  readonly agentId: string;
  readonly name: string;
  readonly weight: number;
  readonly why: string;
}

/** Where the evidence that decided comes from: the nearest level that has any. */
export type EvidenceLevel = "segment" | "capability" | "tenant" | "prior";

/** What was known of one strategy, as it is logged with the choice. */
export interface StrategyNumbers {
  readonly strategy: Strategy;
  /** Outcomes that count now: old ones count less. */
  readonly evidence: number;
  /** Expected share of successes, with the interval that holds it nine times in ten. */
  readonly success: number;
  readonly successLow: number;
  readonly successHigh: number;
  readonly seconds: number;
  readonly costUsd: number;
  /** value x success - cost - what the time costs, in US dollars. */
  readonly utility: number;
  /** The same with success, time and cost drawn at random from what is known: the largest is taken. */
  readonly drawn: number | null;
  /** How often it would be taken outside the hold-out. */
  readonly odds: number;
  /** Why it could not be taken. */
  readonly excluded?: string;
}

export interface ChoiceNumbers {
  readonly segment: string;
  readonly level: EvidenceLevel;
  readonly holdOut: number;
  /** Strategies that could be taken. */
  readonly open: number;
  /** The odds of the strategy at the moment of the choice, hold-out included. */
  readonly probability: number;
  readonly successUsd: number;
  readonly hourUsd: number;
  readonly strategies: readonly StrategyNumbers[];
}

export interface StrategyChoice {
  readonly strategy: Strategy;
  /** Chosen uniformly at random, to measure the others by. */
  readonly heldOut: boolean;
  readonly reason: string;
  readonly numbers: ChoiceNumbers;
}
