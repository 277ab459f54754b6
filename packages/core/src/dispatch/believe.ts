import type { Random } from "../seams/index.ts";
import type { Strategy } from "../vocabulary/index.ts";
import { drawBeta, drawNormal } from "./draw.ts";
import type { StrategyPrior } from "./priors.ts";
import { NO_SUMS, sumsAt, type Level, type Sums } from "./statistics.ts";

/** A normal-inverse-gamma distribution of the mean and variance of a logarithm. */
export interface LogBelief {
  readonly mean: number;
  readonly worth: number;
  readonly alpha: number;
  readonly beta: number;
}

/** What is believed of a strategy: a beta distribution of success, and of the logarithms of time and cost. */
export interface Belief {
  readonly good: number;
  readonly bad: number;
  readonly time: LogBelief;
  readonly cost: LogBelief;
}

/** A prior counts as much as so many outcomes; so does, at each level, what the more general one says. */
const PRIOR_WORTH = 4;
const LEVEL_WORTH = 6;
/** The spread of ln(time) and ln(cost) that is taken for granted, and what that counts. */
const SPREAD = 0.6;
const SPREAD_WORTH = 3;

/**
 * From the general to the particular: the built-in prior, moved by what is known of the tenant, that by what is known of the capability,
 * and that by the segment. Each level is worth a few outcomes to the next, so that a segment with outcomes of its own goes by them.
 */
export function believe(
  prior: StrategyPrior,
  levels: readonly Level[],
  strategy: Strategy,
  at: number,
): Belief {
  let belief = fromPrior(prior);
  for (const level of levels) {
    const arm = level.arms[strategy];
    const sums = arm === undefined ? NO_SUMS : sumsAt(arm, level.turns, at);
    belief = moved(atMost(belief, LEVEL_WORTH), sums);
  }
  return belief;
}

function fromPrior({ success, seconds, costUsd }: StrategyPrior): Belief {
  const log = (value: number): LogBelief => ({
    mean: Math.log(value),
    worth: PRIOR_WORTH,
    alpha: SPREAD_WORTH,
    beta: SPREAD * SPREAD * (SPREAD_WORTH - 1),
  });
  return {
    good: success * PRIOR_WORTH,
    bad: (1 - success) * PRIOR_WORTH,
    time: log(seconds),
    cost: log(costUsd),
  };
}

/** The same belief, held no more firmly than so many outcomes would make it. */
function atMost({ good, bad, time, cost }: Belief, worth: number): Belief {
  const by = Math.min(1, worth / (good + bad));
  const log = (belief: LogBelief): LogBelief => {
    const alpha = Math.min(belief.alpha, SPREAD_WORTH + worth / 2);
    const spread = belief.beta / (belief.alpha - 1);
    return { ...belief, worth: Math.min(belief.worth, worth), alpha, beta: spread * (alpha - 1) };
  };
  return { good: good * by, bad: bad * by, time: log(time), cost: log(cost) };
}

function moved({ good, bad, time, cost }: Belief, sums: Sums): Belief {
  if (sums.n <= 0) return { good, bad, time, cost };
  return {
    good: good + sums.good,
    bad: bad + Math.max(0, sums.n - sums.good),
    time: movedLog(time, sums.n, sums.time, sums.time2),
    cost: movedLog(cost, sums.n, sums.cost, sums.cost2),
  };
}

function movedLog(belief: LogBelief, n: number, sum: number, squares: number): LogBelief {
  const mean = sum / n;
  const worth = belief.worth + n;
  const within = Math.max(0, squares - sum * mean);
  const apart = mean - belief.mean;
  return {
    mean: (belief.worth * belief.mean + sum) / worth,
    worth,
    alpha: belief.alpha + n / 2,
    beta: belief.beta + within / 2 + (belief.worth * n * apart * apart) / (2 * worth),
  };
}

/** The mean of what is distributed log-normally. */
export function expected({ mean, alpha, beta }: LogBelief): number {
  return Math.exp(mean + beta / (alpha - 1) / 2);
}

export function expectedSuccess({ good, bad }: Belief): number {
  return good / (good + bad);
}

/** Success, time and cost as they may be, drawn from what is believed. */
export function drawFrom({ good, bad, time, cost }: Belief, random: Random) {
  const log = (belief: LogBelief) => {
    const variance = belief.beta / (belief.alpha - 1);
    const mean = belief.mean + drawNormal(random) * Math.sqrt(variance / belief.worth);
    return Math.exp(mean + variance / 2);
  };
  return { success: drawBeta(random, good, bad), seconds: log(time), costUsd: log(cost) };
}
