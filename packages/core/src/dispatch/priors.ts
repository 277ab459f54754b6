import type { Strategy } from "../vocabulary/index.ts";
import type { Segment } from "./segment.ts";

/** What is taken for granted of a strategy before any outcome is known. */
export interface StrategyPrior {
  readonly success: number;
  /** Medians. */
  readonly seconds: number;
  readonly costUsd: number;
}

const of = (success: number, seconds: number, costUsd: number): StrategyPrior => ({
  success,
  seconds,
  costUsd,
});

/**
 * One agent is the cheapest and fails the most; a reviewer finds about half of the failures for twice the price; a supervisor pays where
 * work splits into parts; several tries at once pay where nobody knows the way. So with what a success is worth by default: small
 * things go to one agent, bugs and whatever is risky to a pair, features to a hierarchy, research to a swarm.
 */
const PRIORS: Record<Segment["itemType"], Record<Strategy, StrategyPrior>> = {
  none: {
    solo: of(0.8, 300, 0.1),
    pair: of(0.83, 540, 0.22),
    hierarchical: of(0.8, 360, 0.4),
    swarm: of(0.83, 360, 0.5),
  },
  chore: {
    solo: of(0.9, 300, 0.1),
    pair: of(0.92, 540, 0.22),
    hierarchical: of(0.88, 420, 0.4),
    swarm: of(0.91, 360, 0.5),
  },
  bug: {
    solo: of(0.72, 420, 0.15),
    pair: of(0.84, 720, 0.3),
    hierarchical: of(0.74, 600, 0.6),
    swarm: of(0.82, 500, 0.75),
  },
  feature: {
    solo: of(0.65, 900, 0.3),
    pair: of(0.76, 1_500, 0.6),
    hierarchical: of(0.82, 700, 1),
    swarm: of(0.74, 1_000, 1.5),
  },
  research: {
    solo: of(0.6, 600, 0.2),
    pair: of(0.68, 1_000, 0.4),
    hierarchical: of(0.74, 600, 0.8),
    swarm: of(0.84, 660, 1),
  },
};

/** A high risk makes one pair of eyes less likely to be enough. */
const SECOND_LOOK = { solo: -0.05, pair: 0.04, hierarchical: -0.02, swarm: 0 } as const;

export function priorOf({ itemType, risk }: Segment, strategy: Strategy): StrategyPrior {
  const prior = PRIORS[itemType][strategy];
  return risk === "high" ? { ...prior, success: prior.success + SECOND_LOOK[strategy] } : prior;
}
