import { expect, it } from "vitest";
import { runLimited } from "./limit.ts";

it("keeps the order of the jobs and never runs more than the width at a time", async () => {
  let running = 0;
  let most = 0;
  const job = (value: number) => async () => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    return value;
  };
  expect(await runLimited(2, [5, 4, 3, 2, 1].map(job))).toEqual([5, 4, 3, 2, 1]);
  expect(most).toBe(2);
  expect(await runLimited(2, [])).toEqual([]);
});
