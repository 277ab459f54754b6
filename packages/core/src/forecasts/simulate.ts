import type { Estimate, Range } from "../estimates/index.ts";
import { at } from "../planner/digraph.ts";
import type { ScheduleProblem } from "../planner/schedule/problem.ts";
import { toProject } from "../planner/schedule/project.ts";
import { SeededRandom } from "../planner/schedule/random.ts";
import { linkResources } from "../planner/schedule/resource-links.ts";

/** What a plan as a whole will take. */
export interface Simulated {
  readonly durationMs: Range;
  readonly tokens: Range;
  readonly costUsd: Range;
  readonly trials: number;
}

export interface SimulatedPlan {
  readonly problem: ScheduleProblem;
  readonly starts: Readonly<Record<string, number>>;
  readonly estimates: readonly Estimate[];
  /** Steps of the same work are wrong in the same direction: a name each. */
  readonly work: readonly string[];
}

/** Steps times trials, more or less: what it may cost. */
const MOST_DRAWS = 1_000_000;
const MOST_TRIALS = 1_000;
const LEAST_TRIALS = 40;
/** The share of the variance of a step that all steps of its work have in common. */
const IN_COMMON = 0.5;
/** The 0.9 quantile of the normal distribution. */
const NORMAL_90 = 1.281_551_565_5;

/**
 * Plays the plan many times with durations, tokens and costs drawn from the estimates, in the order of its schedule: a step starts when what it
 * needs has ended, and those whose units it goes on with. Log-normal on either side of the middle. The same plan and seed give the same answer.
 */
export function simulate(plan: SimulatedPlan, seed: number): Simulated {
  const { estimates } = plan;
  const size = estimates.length;
  const before = arcsOf(plan);
  const order = orderOf(plan);
  const groups = groupsOf(plan.work);
  const durations = spreadsOf(estimates.map(({ durationMs }) => durationMs));
  const tokens = spreadsOf(estimates.map((one) => one.tokens));
  const costs = spreadsOf(estimates.map((one) => one.costUsd));
  const spending = order.filter((step) => at64(costs.p50, step) > 0 || at64(tokens.p50, step) > 0);
  const trials = Math.min(
    MOST_TRIALS,
    Math.max(LEAST_TRIALS, Math.floor(MOST_DRAWS / Math.max(1, size + spending.length))),
  );
  const normal = normals(new SeededRandom(seed));
  const own = Math.sqrt(1 - IN_COMMON);
  const common = Math.sqrt(IN_COMMON);

  const ends = new Float64Array(size);
  const shared = new Float64Array(groups.count);
  const totals = { duration: [] as number[], tokens: [] as number[], cost: [] as number[] };
  for (let trial = 0; trial < trials; trial++) {
    for (let g = 0; g < groups.count; g++) shared[g] = common * normal();
    let last = 0;
    for (const step of order) {
      let start = 0;
      for (let arc = at(before.start, step); arc < at(before.start, step + 1); arc++) {
        start = Math.max(start, at64(ends, at(before.from, arc)));
      }
      const z = at64(shared, at(groups.of, step)) + own * normal();
      const end = start + drawn(durations, step, z);
      ends[step] = end;
      last = Math.max(last, end);
    }
    let spent = 0;
    let used = 0;
    if (spending.length > 0) for (let g = 0; g < groups.count; g++) shared[g] = common * normal();
    for (const step of spending) {
      const z = at64(shared, at(groups.of, step)) + own * normal();
      spent += drawn(costs, step, z);
      used += drawn(tokens, step, z);
    }
    totals.duration.push(last);
    totals.tokens.push(used);
    totals.cost.push(spent);
  }
  return {
    durationMs: rangeOf(totals.duration),
    tokens: rangeOf(totals.tokens),
    costUsd: rangeOf(totals.cost),
    trials,
  };
}

interface Spreads {
  readonly p50: Float64Array;
  readonly below: Float64Array;
  readonly above: Float64Array;
}

function spreadsOf(ranges: readonly Range[]): Spreads {
  const spread = (from: number, to: number) => (from > 0 ? Math.log(to / from) / NORMAL_90 : 0);
  return {
    p50: Float64Array.from(ranges, ({ p50 }) => p50),
    below: Float64Array.from(ranges, ({ p10, p50 }) => spread(p10, p50)),
    above: Float64Array.from(ranges, ({ p50, p90 }) => spread(p50, p90)),
  };
}

function drawn({ p50, below, above }: Spreads, step: number, z: number): number {
  return at64(p50, step) * Math.exp(z * at64(z < 0 ? below : above, step));
}

/** What each step starts after: what it needs, and those whose units it goes on with. */
function arcsOf({ problem, starts }: SimulatedPlan): { start: Int32Array; from: Int32Array } {
  const project = toProject(problem);
  const { size, before } = project;
  const links = linkResources(
    project,
    Int32Array.from(problem.tasks, ({ id }) => starts[id] ?? 0),
  );
  const start = new Int32Array(size + 1);
  for (let step = 0; step < size; step++) {
    start[step + 1] = at(before.start, step + 1) - at(before.start, step);
  }
  for (const to of links.to) start[to + 1] = at(start, to + 1) + 1;
  for (let step = 0; step < size; step++) start[step + 1] = at(start, step + 1) + at(start, step);
  const next = start.slice();
  const from = new Int32Array(at(start, size));
  const add = (step: number, other: number) => {
    const place = at(next, step);
    from[place] = other;
    next[step] = place + 1;
  };
  for (let step = 0; step < size; step++) {
    for (let arc = at(before.start, step); arc < at(before.start, step + 1); arc++) {
      add(step, at(before.task, arc));
    }
  }
  links.to.forEach((to, i) => add(to, links.from[i] as number));
  return { start, from };
}

/** By start; what starts at once, in plan order, which puts needs first. */
function orderOf({ problem, starts }: SimulatedPlan): Int32Array {
  const at0 = Float64Array.from(problem.tasks, ({ id }) => starts[id] ?? 0);
  return Int32Array.from(problem.tasks, (_, step) => step).sort(
    (a, b) => at64(at0, a) - at64(at0, b) || a - b,
  );
}

function groupsOf(names: readonly string[]): { count: number; of: Int32Array } {
  const numbers = new Map<string, number>();
  const of = Int32Array.from(names, (name) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
  return { count: numbers.size, of };
}

/** Normal deviates, two at a time (G. Box, M. Muller, A note on the generation of random normal deviates, 1958). */
function normals(random: SeededRandom): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

function rangeOf(values: readonly number[]): Range {
  const sorted = Float64Array.from(values).sort();
  const quantile = (q: number) => at64(sorted, Math.round(q * (sorted.length - 1)));
  return { p10: quantile(0.1), p50: quantile(0.5), p90: quantile(0.9) };
}

function at64(array: Float64Array, index: number): number {
  return array[index] as number;
}
