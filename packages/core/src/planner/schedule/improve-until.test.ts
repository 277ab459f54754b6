import { expect, test } from "vitest";
import { prng } from "../../testing/index.ts";
import { improve, improveUntil, start } from "./index.ts";

const random = prng(5);
const tasks = Array.from({ length: 30 }, (_, i) => ({
  id: `t${i}`,
  duration: 1 + Math.floor(9 * random()),
  requires: { R: 1 + Math.floor(5 * random()) },
  after: i < 3 ? [] : [`t${Math.floor(i * random())}`],
}));
const state = start({ resources: { R: 7 }, tasks }, 1);

test.each([0, 1, 50, 333])("ends within a budget of %i ms and uses it", (budget) => {
  // a clock that moves on by 1.5 ms an iteration: it is asked only between calls of improve
  let now = 1_000;
  const steps: number[] = [];
  const last = improveUntil(
    state,
    now + budget,
    () => now,
    (from, count) => {
      steps.push(count);
      now += 1.5 * count;
      return improve(from, count);
    },
  );
  expect(now - 1_000).toBeLessThanOrEqual(Math.max(budget, 1.5));
  expect(now - 1_000).toBeGreaterThanOrEqual(budget - 1.5);
  expect(Math.max(0, ...steps)).toBeLessThanOrEqual(4);
  expect(last.iterations).toBe(steps.reduce((sum, count) => sum + count, 0));
});
