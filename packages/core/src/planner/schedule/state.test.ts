import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aScheduleProblem,
  faultsOf,
  numRuns,
  prng,
  shortestMakespan,
} from "../../testing/index.ts";
import { best, improve, lowerBound, type ScheduleProblem, start } from "./index.ts";

/** Tasks in layers on two resources: hard enough that the first schedule is not the best. */
function layered(tasks: number, seed: number, unit = 1): ScheduleProblem {
  const random = prng(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  return {
    resources: { crew: 12, crane: 9 },
    tasks: Array.from({ length: tasks }, (_, i) => ({
      id: `t${i}`,
      duration: unit * (1 + below(9)),
      requires: { crew: 1 + below(8), crane: below(7) },
      after: i < 4 ? [] : [`t${i - 1 - below(4)}`, `t${below(i)}`],
    })),
  };
}

const makespanOf = (problem: ScheduleProblem, starts: Readonly<Record<string, number>>) =>
  Math.max(...problem.tasks.map(({ id, duration }) => (starts[id] as number) + duration));

describe("every schedule", () => {
  const shapes = [
    { maxTasks: 12 },
    { maxTasks: 12, maxDuration: 100_000 },
    { maxTasks: 12, maxCapacity: 2 ** 30 - 1 },
  ];
  test.each(shapes)("keeps precedence and capacity: %o", (sizes) => {
    fc.assert(
      fc.property(aScheduleProblem(sizes), fc.integer(), fc.nat(30), (problem, seed, count) => {
        const first = start(problem, seed);
        const last = improve(first, count);
        for (const state of [first, last]) {
          const { starts, makespan } = best(state);
          expect(faultsOf(problem, starts)).toEqual([]);
          expect(makespan).toBe(makespanOf(problem, starts));
          expect(makespan).toBeGreaterThanOrEqual(state.lowerBound);
        }
        expect(last.makespan).toBeLessThanOrEqual(first.makespan);
      }),
      numRuns(1_500),
    );
  });

  test.each([
    [60, 1, 20],
    [60, 1_000, 20],
    [2_100, 1, 4],
  ])("also of %i tasks whose durations are multiples of %i", (tasks, unit, count) => {
    const problem = layered(tasks, 7, unit);
    const first = start(problem, 1);
    const last = improve(first, count);
    expect(last.makespan).toBeLessThan(first.makespan);
    expect(faultsOf(problem, best(last).starts)).toEqual([]);
    expect(faultsOf(problem, best(first).starts)).toEqual([]);
  });
});

describe("improve", () => {
  test.each([
    [70, 1, 600],
    [40, 1, 1_100],
    [2_100, 1, 3],
  ])("is a pure step: %i tasks", (tasks, seed, count) => {
    const problem = layered(tasks, 3);
    const first = start(problem, seed);
    const before = structuredClone(best(first));
    const part = Math.floor(count / 3);
    const inParts = improve(improve(first, part), count - part);
    const atOnce = improve(first, count);
    expect(best(inParts)).toEqual(best(atOnce));
    expect([inParts.iterations, inParts.lowerBound]).toEqual([count, atOnce.lowerBound]);
    expect(atOnce.iterations).toBe(count);
    expect(best(first)).toEqual(before);
    expect(best(improve(start(structuredClone(problem), seed), count))).toEqual(best(atOnce));
  });

  test("goes on as it would have, whatever else is searched in between", () => {
    const [a, b] = [start(layered(40, 1), 1), start(layered(40, 1), 2)];
    const alone = improve(improve(a, 200), 200);
    const half = improve(a, 200);
    improve(b, 300);
    improve(half, 100);
    expect(best(improve(half, 200))).toEqual(best(alone));
  });

  test("tightens the lower bound as it goes on", () => {
    const first = start(layered(40, 3), 1);
    const last = improve(first, 6_000);
    expect(last.lowerBound).toBeGreaterThan(first.lowerBound);
    expect(last.lowerBound).toBe(lowerBound(first.problem));
    expect(last.makespan).toBeGreaterThanOrEqual(last.lowerBound);
  });

  test("stops where the optimum is proven", () => {
    const state = improve(
      start(
        { resources: {}, tasks: layered(20, 1).tasks.map((task) => ({ ...task, requires: {} })) },
        1,
      ),
      10,
    );
    expect([state.optimal, state.iterations]).toEqual([true, 0]);
  });

  test("finds the optimum of small problems, and no lower bound is above it", () => {
    fc.assert(
      fc.property(aScheduleProblem({ maxTasks: 7 }), fc.integer(), (problem, seed) => {
        const optimum = shortestMakespan(problem);
        expect(lowerBound(problem)).toBeLessThanOrEqual(optimum);
        expect(improve(start(problem, seed), 100).makespan).toBe(optimum);
      }),
      numRuns(2_000),
    );
  });
});
