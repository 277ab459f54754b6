import type { Recent, Sums } from "./statistics.ts";
import { addTo, NO_SUMS } from "./statistics.ts";

/** How many times likelier a change is than none, as a logarithm, before it is believed: some few false ones in ten thousand outcomes. */
const CHANGE = 9;
/** Fewer outcomes than these make no change. */
const LEAST = 4;

/**
 * Where among the newest outcomes a strategy changed: the generalised likelihood ratio of one distribution for all against one before
 * and one since, at each place (Besson et al., Efficient change-point detection for tackling piecewise-stationary bandits, JMLR 2022):
 * Bernoulli for success, normal for the logarithms of time and cost. Answers the index of the first outcome since, the likeliest one;
 * -1 where none is likely enough.
 */
export function findChange(before: Sums, recent: readonly Recent[]): number {
  let since = NO_SUMS;
  let best = CHANGE;
  let found = -1;
  const all = recent.reduce((sums, one) => addTo(sums, one, 1), before);
  for (let i = recent.length - 1; i > 0 || (i === 0 && before.n > 0); i--) {
    const one = recent[i];
    if (one === undefined) break;
    since = addTo(since, one, 1);
    if (since.n < LEAST || all.n - since.n < LEAST) continue;
    const ratio = ratioOf(minus(all, since), since);
    if (ratio > best) {
      best = ratio;
      found = i;
    }
  }
  return found;
}

function ratioOf(old: Sums, now: Sums): number {
  return Math.max(
    successRatio(old, now),
    shiftRatio(old.n, old.time, old.time2, now.n, now.time, now.time2),
    shiftRatio(old.n, old.cost, old.cost2, now.n, now.cost, now.cost2),
  );
}

function successRatio(old: Sums, now: Sums): number {
  const both = (old.good + now.good) / (old.n + now.n);
  return old.n * divergence(old.good / old.n, both) + now.n * divergence(now.good / now.n, both);
}

/** Of Bernoulli distributions, Kullback and Leibler's. */
function divergence(p: number, q: number): number {
  const term = (a: number, b: number) => (a <= 0 ? 0 : a * Math.log(a / Math.max(b, 1e-9)));
  return term(p, q) + term(1 - p, 1 - q);
}

/** Of two means of a normal distribution whose spread is what both have within themselves, and no less than a tenth. */
function shiftRatio(
  n0: number,
  x0: number,
  xx0: number,
  n1: number,
  x1: number,
  xx1: number,
): number {
  const within = xx0 - (x0 * x0) / n0 + (xx1 - (x1 * x1) / n1);
  // a prior of four outcomes with a spread of 0.5: few that happen to be alike say nothing of the spread
  const variance = Math.max(0.01, (within + 4 * 0.25) / (n0 + n1 + 2));
  const apart = x0 / n0 - x1 / n1;
  return (apart * apart * n0 * n1) / (2 * variance * (n0 + n1));
}

function minus(all: Sums, part: Sums): Sums {
  return {
    n: all.n - part.n,
    good: all.good - part.good,
    time: all.time - part.time,
    time2: all.time2 - part.time2,
    cost: all.cost - part.cost,
    cost2: all.cost2 - part.cost2,
  };
}
