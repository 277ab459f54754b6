import type { ScheduleProblem } from "@nofx/core/planner/schedule";
import { prng } from "@nofx/core/testing";

export interface Shape {
  readonly tasks: number;
  /** Arcs for each task. */
  readonly complexity: number;
  /** The share of the resources that a task requires on average. */
  readonly factor: number;
  /** 0: as scarce as possible; 1: no limit in the schedule of earliest starts. */
  readonly strength: number;
}

const RESOURCES = 4;
const MAX_ARCS_OF_A_TASK = 3;

/**
 * A random problem in the manner of ProGen (R. Kolisch, A. Sprecher, A. Drexl, Characterization and generation of a general
 * class of resource-constrained project scheduling problems, 1995), which made the standard sets: four resources, durations
 * and demands from 1 to 10, no arc that others imply, at most three arcs into a task and three out of it.
 */
export function generate(
  { tasks, complexity, factor, strength }: Shape,
  seed: number,
): ScheduleProblem {
  const random = prng(seed);
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const before: number[][] = Array.from({ length: tasks }, () => []);
  const ancestors: Set<number>[] = Array.from({ length: tasks }, () => new Set());
  const out = new Int32Array(tasks);
  let arcs = 0;
  const join = (from: number, to: number): boolean => {
    const known = ancestors[to] as Set<number>;
    const mine = ancestors[from] as Set<number>;
    const into = before[to] as number[];
    if (from === to || known.has(from) || (out[from] as number) >= MAX_ARCS_OF_A_TASK) return false;
    if (into.length >= MAX_ARCS_OF_A_TASK || into.some((other) => mine.has(other))) return false;
    // an arc from `from` on would make arcs that lead round it superfluous: those targets may not be behind `to`
    for (let later = to + 1; later < tasks; later++) {
      const behind = before[later] as number[];
      if (
        (ancestors[later] as Set<number>).has(to) &&
        behind.some((b) => b === from || mine.has(b))
      ) {
        return false;
      }
    }
    into.push(from);
    out[from] = (out[from] as number) + 1;
    arcs++;
    for (let later = to; later < tasks; later++) {
      const all = ancestors[later] as Set<number>;
      if (later !== to && !all.has(to)) continue;
      all.add(from);
      for (const other of mine) all.add(other);
    }
    return true;
  };
  const starting = 3;
  for (let to = starting; to < tasks; to++) {
    for (let tries = 0; tries < 50 && !join(between(0, to - 1), to); tries++);
  }
  for (let from = 0; from < tasks - starting; from++) {
    if (out[from] !== 0) continue;
    for (let tries = 0; tries < 50 && !join(from, between(from + 1, tasks - 1)); tries++);
  }
  const wanted = Math.round(complexity * (tasks + 2)) - 2 * starting;
  for (let tries = 0; arcs < wanted && tries < 200 * tasks; tries++) {
    const to = between(starting, tasks - 1);
    join(between(0, to - 1), to);
  }

  const duration = Array.from({ length: tasks }, () => between(1, 10));
  const demand = Array.from({ length: tasks }, () => new Int32Array(RESOURCES));
  for (let left = Math.round(factor * tasks * RESOURCES), first = 0; left > 0;) {
    const task = first < tasks ? first++ : between(0, tasks - 1);
    const r = between(0, RESOURCES - 1);
    const row = demand[task] as Int32Array;
    if (row[r] !== 0) continue;
    row[r] = between(1, 10);
    left--;
  }

  const starts = new Int32Array(tasks);
  for (let to = 0; to < tasks; to++) {
    for (const from of before[to] as number[]) {
      starts[to] = Math.max(
        starts[to] as number,
        (starts[from] as number) + (duration[from] as number),
      );
    }
  }
  const resources: Record<string, number> = {};
  for (let r = 0; r < RESOURCES; r++) {
    const used = new Map<number, number>();
    let least = 0;
    demand.forEach((row, task) => {
      least = Math.max(least, row[r] as number);
      for (let t = 0; t < (duration[task] as number); t++) {
        const time = (starts[task] as number) + t;
        used.set(time, (used.get(time) ?? 0) + (row[r] as number));
      }
    });
    const most = Math.max(least, ...used.values());
    resources[`R${r + 1}`] = Math.round(least + strength * (most - least));
  }
  return {
    resources,
    tasks: duration.map((length, task) => ({
      id: `t${task}`,
      duration: length,
      requires: Object.fromEntries(
        [...(demand[task] as Int32Array)].flatMap((units, r) =>
          units > 0 ? [[`R${r + 1}`, units]] : [],
        ),
      ),
      after: (before[task] as number[]).map((from) => `t${from}`),
    })),
  };
}
