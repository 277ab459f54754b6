import { Strategy } from "../vocabulary/index.ts";
import { findChange } from "./find-change.ts";
import {
  addTo,
  NO_SUMS,
  RECENT,
  sumsAt,
  weighted,
  weightOf,
  type Arm,
  type Level,
  type Recent,
} from "./statistics.ts";

/** How a choice ended. */
export interface StrategyOutcome {
  readonly strategy: Strategy;
  /** 0 for a failure, 1 for a success, or how good it was. */
  readonly good: number;
  readonly seconds: number;
  readonly costUsd: number;
  /** When, in seconds. */
  readonly at: number;
}

/** Where one strategy has changed, what is known of the others counts no more than so many outcomes: they may have too. */
const DOUBTED = 12;
/** Less than these is as good as nothing: logarithms need a floor. */
const LEAST_SECONDS = 0.001;
const LEAST_USD = 0.000_1;

/** The level after one more outcome. What came before a change of its strategy is forgotten. */
export function learn(level: Level, outcome: StrategyOutcome): Level {
  const { strategy, at } = outcome;
  const turn = level.turns + 1;
  const one: Recent = {
    turn,
    at: Math.round(at),
    good: outcome.good,
    time: logOf(Math.max(LEAST_SECONDS, outcome.seconds)),
    cost: logOf(Math.max(LEAST_USD, outcome.costUsd)),
  };
  const arm = withOutcome(level.arms[strategy], one);
  const changed = findChange(arm.sums, arm.recent);
  if (changed < 0) return { turns: turn, arms: { ...level.arms, [strategy]: arm } };
  const since = arm.recent.slice(changed);
  const arms: Level["arms"] = {
    [strategy]: { sums: NO_SUMS, turn, at, recent: since, changedAt: at },
  };
  for (const other of Strategy.options) {
    const known = level.arms[other];
    if (other !== strategy && known !== undefined) arms[other] = doubted(known, turn, at);
  }
  return { turns: turn, arms };
}

/** To a tenth of a thousandth: what is stored for each outcome is short. */
function logOf(value: number): number {
  return Math.round(Math.log(value) * 10_000) / 10_000;
}

function withOutcome(arm: Arm | undefined, one: Recent): Arm {
  const { turn, at } = one;
  if (arm === undefined) return { sums: NO_SUMS, turn, at, recent: [one], changedAt: null };
  let sums = weighted(arm.sums, weightOf(turn - arm.turn, at - arm.at));
  const recent = [...arm.recent, one];
  const oldest = recent.length > RECENT ? recent.shift() : undefined;
  if (oldest !== undefined)
    sums = addTo(sums, oldest, weightOf(turn - oldest.turn, at - oldest.at));
  return { ...arm, sums, turn, at, recent };
}

function doubted(arm: Arm, turn: number, at: number): Arm {
  const sums = sumsAt(arm, turn, at);
  if (sums.n <= DOUBTED) return arm;
  return { ...arm, sums: weighted(sums, DOUBTED / sums.n), turn, at, recent: [] };
}
