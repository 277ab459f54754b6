import {
  chooseStrategy,
  DispatchSettings,
  learn,
  NO_LEVEL,
  segmentOf,
  utilityOf,
  weightsOf,
  type Level,
  type Work,
} from "../dispatch/index.ts";
import { drawNormal } from "../dispatch/draw.ts";
import type { Random } from "../seams/index.ts";
import { Strategy } from "../vocabulary/index.ts";

/** How a strategy really is: its share of successes, and the medians of its time and cost. */
export interface TrueStrategy {
  readonly success: number;
  readonly seconds: number;
  readonly costUsd: number;
}
export type Truth = Record<Strategy, TrueStrategy>;

/** Synthetic telemetry: what holds first, and from `switchAt` on. */
export interface DispatchWorld {
  readonly name: string;
  readonly work: Work;
  readonly before: Truth;
  readonly after: Truth;
}

export interface PlayedChoice {
  readonly strategy: Strategy;
  readonly heldOut: boolean;
  readonly best: Strategy;
  readonly outcome: { readonly good: number; readonly seconds: number; readonly costUsd: number };
  /** What the best is worth beyond what was chosen, and beyond a uniform choice, in US dollars. */
  readonly regret: number;
  readonly uniformRegret: number;
}

const SPREAD = 0.5;

/** Plays so many runs of a world, each learnt from before the next is chosen. */
export function playWorld(
  world: DispatchWorld,
  options: {
    runs: number;
    switchAt: number;
    random: Random;
    settings?: Partial<DispatchSettings>;
    draws?: number;
  },
): PlayedChoice[] {
  const { runs, switchAt, random } = options;
  const settings = DispatchSettings.parse(options.settings ?? {});
  const weights = weightsOf(settings, segmentOf(world.work).risk);
  let level: Level = NO_LEVEL;
  const played: PlayedChoice[] = [];
  for (let run = 0; run < runs; run++) {
    const truth = run < switchAt ? world.before : world.after;
    const worth = Strategy.options.map((strategy) => ({
      strategy,
      utility: utilityOf(meanOf(truth[strategy]), weights),
    }));
    const best = worth.reduce((a, b) => (b.utility > a.utility ? b : a));
    const at = run * 60;
    const levels = { tenant: level, capability: level, segment: level };
    const choice = chooseStrategy(world.work, { ...levels, agents: 8, at }, settings, random, {
      draws: options.draws ?? 1,
    });
    const chosen = worth.find(({ strategy }) => strategy === choice.strategy) ?? best;
    const { success, seconds, costUsd } = truth[choice.strategy];
    const outcome = {
      good: random() < success ? 1 : 0,
      seconds: seconds * Math.exp(SPREAD * drawNormal(random)),
      costUsd: costUsd * Math.exp(SPREAD * drawNormal(random)),
    };
    played.push({
      strategy: choice.strategy,
      heldOut: choice.heldOut,
      best: best.strategy,
      outcome,
      regret: best.utility - chosen.utility,
      uniformRegret: best.utility - worth.reduce((sum, one) => sum + one.utility, 0) / worth.length,
    });
    level = learn(level, { ...outcome, strategy: choice.strategy, at });
  }
  return played;
}

function meanOf({ success, seconds, costUsd }: TrueStrategy): TrueStrategy {
  const mean = Math.exp((SPREAD * SPREAD) / 2);
  return { success, seconds: seconds * mean, costUsd: costUsd * mean };
}

/** The share of best choices outside the hold-out. */
export function bestShare(played: readonly PlayedChoice[]): number {
  const chosen = played.filter(({ heldOut }) => !heldOut);
  return chosen.filter(({ strategy, best }) => strategy === best).length / chosen.length;
}

const is = (success: number, seconds: number, costUsd: number): TrueStrategy => ({
  success,
  seconds,
  costUsd,
});

const BUG: Work = { capability: "code.patch", labels: [], itemType: "bug" };

/** Worlds with a known best strategy, which changes: it fails, another gets better, it gets slow, it gets dear. */
export const DISPATCH_WORLDS: readonly DispatchWorld[] = [
  {
    name: "the best one begins to fail",
    work: BUG,
    before: {
      solo: is(0.55, 300, 0.2),
      pair: is(0.9, 600, 0.4),
      hierarchical: is(0.6, 500, 0.8),
      swarm: is(0.7, 400, 1),
    },
    after: {
      solo: is(0.55, 300, 0.2),
      pair: is(0.3, 600, 0.4),
      hierarchical: is(0.6, 500, 0.8),
      swarm: is(0.9, 400, 1),
    },
  },
  {
    name: "best and second change places",
    work: BUG,
    before: {
      solo: is(0.5, 300, 0.2),
      pair: is(0.6, 600, 0.4),
      hierarchical: is(0.9, 500, 0.8),
      swarm: is(0.55, 400, 1),
    },
    after: {
      solo: is(0.9, 300, 0.2),
      pair: is(0.6, 600, 0.4),
      hierarchical: is(0.5, 500, 0.8),
      swarm: is(0.55, 400, 1),
    },
  },
  {
    name: "another gets better, the best stays as it is",
    work: BUG,
    before: {
      solo: is(0.7, 300, 0.2),
      pair: is(0.45, 600, 0.4),
      hierarchical: is(0.4, 500, 0.8),
      swarm: is(0.45, 400, 1),
    },
    after: {
      solo: is(0.7, 300, 0.2),
      pair: is(0.98, 600, 0.4),
      hierarchical: is(0.4, 500, 0.8),
      swarm: is(0.45, 400, 1),
    },
  },
  {
    name: "the best one gets six times as dear",
    work: BUG,
    before: {
      solo: is(0.5, 300, 0.2),
      pair: is(0.7, 600, 0.4),
      hierarchical: is(0.45, 500, 0.8),
      swarm: is(0.92, 400, 0.8),
    },
    after: {
      solo: is(0.5, 300, 0.2),
      pair: is(0.7, 600, 0.4),
      hierarchical: is(0.45, 500, 0.8),
      swarm: is(0.92, 400, 4.8),
    },
  },
];
