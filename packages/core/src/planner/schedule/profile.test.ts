import fc from "fast-check";
import { expect, test } from "vitest";
import { aScheduleProblem, numRuns, prng } from "../../testing/index.ts";
import { EventList } from "./event-list.ts";
import { toProject } from "./project.ts";
import { SeededRandom } from "./random.ts";
import { TimeGrid } from "./time-grid.ts";

test.each([5, 1_000_000])(
  "both profiles place every task alike, capacities up to %i",
  (maxCapacity) => {
    const wish = fc.array(fc.nat(20), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(aScheduleProblem({ maxTasks: 10, maxCapacity }), wish, (problem, from) => {
        const project = toProject({
          ...problem,
          tasks: problem.tasks.map((task) => ({ ...task, duration: task.duration + 2 })),
        });
        const profiles = [new TimeGrid({ ...project, horizon: 200 }), new EventList(project)];
        for (const round of [1, 2]) {
          const placed = profiles.map((profile) => {
            profile.clear();
            return problem.tasks.map((_, task) =>
              profile.place(task, (from[task] as number) * round),
            );
          });
          expect(placed[1]).toEqual(placed[0]);
        }
      }),
      numRuns(1_500),
    );
  },
);

test("the seeded numbers are those of mulberry32, and go on from their state", () => {
  const [ours, known] = [new SeededRandom(42), prng(42)];
  expect(Array.from({ length: 50 }, () => ours.next())).toEqual(Array.from({ length: 50 }, known));
  expect(new SeededRandom(ours.state).next()).toBe(known());
});
