import type { Random } from "../seams/index.ts";
import { Strategy } from "../vocabulary/index.ts";
import { believe, drawFrom, expected, expectedSuccess, type Belief } from "./believe.ts";
import type { EvidenceLevel, StrategyChoice, StrategyNumbers, Work } from "./choice.ts";
import { drawOne } from "./draw.ts";
import { priorOf } from "./priors.ts";
import { NOT_ALLOWED, tellReason } from "./tell-reason.ts";
import { segmentOf, type Segment } from "./segment.ts";
import type { DispatchSettings } from "./settings.ts";
import { sumsAt, type Level } from "./statistics.ts";
import { utilityOf, weightsOf, type Weights } from "./utility.ts";
import { wilson } from "../estimates/index.ts";

/** What is known when a strategy is chosen. */
export interface Evidence {
  readonly tenant: Level;
  readonly capability: Level;
  readonly segment: Level;
  /** Agents of the capability that are there. */
  readonly agents: number;
  /** Now, in seconds. */
  readonly at: number;
}

const LEAST_AGENTS: Record<Strategy, number> = { solo: 0, pair: 2, hierarchical: 2, swarm: 2 };
const DRAWS = 100;

interface Known {
  readonly strategy: Strategy;
  readonly belief: Belief;
  readonly evidence: number;
  readonly utility: number;
  readonly excluded: string | undefined;
}

/**
 * Thompson sampling: each strategy's success, time and cost are drawn from what is believed of them, and the one with the largest utility
 * is taken, so that each is tried as often as it may be the best. A share is chosen uniformly instead, to measure by; and where
 * nothing is known yet, what the prior says is taken as it is. `likeliest`: what is taken most often, for whoever only asks.
 */
export function chooseStrategy(
  work: Work,
  evidence: Evidence,
  settings: DispatchSettings,
  random: Random,
  { likeliest = false, draws = DRAWS }: { likeliest?: boolean; draws?: number } = {},
): StrategyChoice {
  const segment = segmentOf(work);
  const weights = weightsOf(settings, segment.risk);
  const level = levelOf(evidence);
  const known = Strategy.options.map((strategy) =>
    knownOf(strategy, { work, segment, evidence, weights }),
  );
  const open = atLeastOne(known);
  const drawn = level === "prior" ? undefined : drawAll(open, weights, random);
  const odds = oddsOf(open, weights, level === "prior" ? undefined : { random, draws });
  const best = byLargest(open, (one) =>
    likeliest ? (odds.get(one.strategy) ?? 0) : (drawn?.get(one.strategy) ?? one.utility),
  );
  const heldOut = !likeliest && open.length > 1 && random() < settings.holdOut;
  const taken = heldOut ? drawOne(random, open) : best;
  const share = open.length > 1 ? settings.holdOut : 0;
  const numbers = {
    segment: segment.segment,
    level,
    holdOut: settings.holdOut,
    open: open.length,
    // sums of shares may be a hair above one
    probability: Math.min(1, share / open.length + (1 - share) * (odds.get(taken.strategy) ?? 0)),
    ...weights,
    strategies: known.map((one) => tell(one, drawn?.get(one.strategy), odds.get(one.strategy))),
  };
  return {
    strategy: taken.strategy,
    heldOut,
    numbers,
    reason: tellReason({
      taken: taken.strategy,
      heldOut,
      numbers,
      capability: work.capability,
      agents: evidence.agents,
    }),
  };
}

function levelOf({ segment, capability, tenant }: Evidence): EvidenceLevel {
  if (segment.turns > 0) return "segment";
  if (capability.turns > 0) return "capability";
  return tenant.turns > 0 ? "tenant" : "prior";
}

function knownOf(
  strategy: Strategy,
  given: { work: Work; segment: Segment; evidence: Evidence; weights: Weights },
): Known {
  const { work, segment, evidence, weights } = given;
  const { tenant, capability, segment: own, at, agents } = evidence;
  const belief = believe(priorOf(segment, strategy), [tenant, capability, own], strategy, at);
  const seconds = expected(belief.time);
  const costUsd = expected(belief.cost);
  const arm = own.arms[strategy];
  return {
    strategy,
    belief,
    evidence: arm === undefined ? 0 : sumsAt(arm, own.turns, at).n,
    utility: utilityOf({ success: expectedSuccess(belief), seconds, costUsd }, weights),
    excluded: whyNot(strategy, work, { agents, seconds, costUsd }),
  };
}

function whyNot(
  strategy: Strategy,
  { allowed, deadline, budget }: Work,
  { agents, seconds, costUsd }: { agents: number; seconds: number; costUsd: number },
): string | undefined {
  if (allowed !== undefined && !allowed.includes(strategy)) return NOT_ALLOWED;
  const least = LEAST_AGENTS[strategy];
  if (agents < least) return `takes ${least} agents, and ${agents} can be had`;
  if (deadline !== undefined && seconds > deadline) {
    return `takes ${Math.round(seconds)} s, and ${Math.round(deadline)} s are left`;
  }
  if (budget !== undefined && costUsd > budget) {
    return `costs $${costUsd.toFixed(2)}, and $${budget.toFixed(2)} may be spent`;
  }
  return undefined;
}

/** Where nothing fits, what comes nearest: the cheapest that is allowed at all, whatever time and money say. */
function atLeastOne(known: readonly Known[]): readonly [Known, ...Known[]] {
  const [first, ...rest] = known.filter(({ excluded }) => excluded === undefined);
  if (first !== undefined) return [first, ...rest];
  const allowed = known.filter(({ excluded }) => excluded !== NOT_ALLOWED);
  const [least] = (allowed.length > 0 ? allowed : known).toSorted(
    (a, b) => expected(a.belief.cost) - expected(b.belief.cost),
  );
  if (least === undefined) throw new RangeError("there are no strategies");
  return [least];
}

function drawAll(
  open: readonly Known[],
  weights: Weights,
  random: Random,
): ReadonlyMap<Strategy, number> {
  return new Map(
    open.map(({ strategy, belief }) => [strategy, utilityOf(drawFrom(belief, random), weights)]),
  );
}

/** How often each would be taken outside the hold-out, by so many draws. */
function oddsOf(
  open: readonly [Known, ...Known[]],
  weights: Weights,
  by: { random: Random; draws: number } | undefined,
): ReadonlyMap<Strategy, number> {
  if (by === undefined) return new Map([[byLargest(open, (one) => one.utility).strategy, 1]]);
  const wins = new Map<Strategy, number>();
  for (let i = 0; i < by.draws; i++) {
    const drawn = drawAll(open, weights, by.random);
    const { strategy } = byLargest(open, (one) => drawn.get(one.strategy) ?? 0);
    wins.set(strategy, (wins.get(strategy) ?? 0) + 1);
  }
  return new Map([...wins].map(([strategy, count]) => [strategy, count / by.draws]));
}

function byLargest(all: readonly [Known, ...Known[]], of: (one: Known) => number): Known {
  return all.reduce((best, one) => (of(one) > of(best) ? one : best));
}

function tell(known: Known, drawn: number | undefined, odds: number | undefined): StrategyNumbers {
  const { strategy, belief, evidence, utility, excluded } = known;
  const success = expectedSuccess(belief);
  const [successLow, successHigh] = wilson(success, belief.good + belief.bad);
  const digits = (value: number, of = 1_000) => Math.round(value * of) / of;
  return {
    strategy,
    evidence: digits(evidence, 10),
    success: digits(success),
    successLow: digits(successLow),
    successHigh: digits(successHigh),
    seconds: digits(expected(belief.time), 10),
    costUsd: digits(expected(belief.cost), 10_000),
    utility: digits(utility),
    drawn: drawn === undefined ? null : digits(drawn),
    odds: digits(odds ?? 0, 100),
    ...(excluded !== undefined && { excluded }),
  };
}
