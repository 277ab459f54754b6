import fc from "fast-check";
import { expect, test } from "vitest";
import { aScheduleProblem, faultsOf, numRuns } from "../../testing/index.ts";
import { analyse, best, improve, start } from "./index.ts";

test("all tasks can be as late as their slack lets them, at once and without a later end", () => {
  fc.assert(
    fc.property(aScheduleProblem({ maxTasks: 14 }), (problem) => {
      const { starts, makespan } = best(improve(start(problem, 1), 5));
      const { slack, critical, makespan: length } = analyse(problem, starts);
      const late = problem.tasks.map(({ id }, i) => [
        id,
        (starts[id] as number) + (slack[i] as number),
      ]);
      expect(faultsOf(problem, Object.fromEntries(late))).toEqual([]);
      expect(length).toBe(makespan);
      problem.tasks.forEach(({ id, duration }, i) => {
        expect(slack[i]).toBeGreaterThanOrEqual(0);
        expect((starts[id] as number) + (slack[i] as number) + duration).toBeLessThanOrEqual(
          makespan,
        );
      });
      expect(critical).toEqual([...slack].map((left) => left === 0));
    }),
    numRuns(1_500),
  );
});

test("a task that others wait for only because of a resource is critical", () => {
  const problem = {
    resources: { lock: 1 },
    tasks: [
      { id: "a", duration: 3, requires: { lock: 1 }, after: [] },
      { id: "b", duration: 4, requires: { lock: 1 }, after: [] },
      { id: "c", duration: 2, requires: {}, after: [] },
      { id: "d", duration: 1, requires: {}, after: [{ task: "c", lag: 1 }] },
    ],
  };
  const { makespan, slack, critical } = analyse(problem, { a: 0, b: 3, c: 0, d: 3 });
  expect(makespan).toBe(7);
  expect([...slack]).toEqual([0, 0, 3, 3]);
  expect(critical).toEqual([true, true, false, false]);
});
