import { expect, test } from "vitest";
import { GIVE_UP_MS, restMs, SCHEDULE_MS } from "./schedule.ts";

test("waits grow along the schedule and stay at its end", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 50].map((attempts) => restMs(attempts, 0.5));
  expect(waits).toEqual([...SCHEDULE_MS, SCHEDULE_MS.at(-1), SCHEDULE_MS.at(-1)]);
});

test("a fifth more or less, and never sooner than asked", () => {
  expect([restMs(1, 0), restMs(1, 0.999_999)]).toEqual([4_000, 6_000]);
  expect(restMs(1, 0.5, 60_000)).toBe(60_000);
  expect(restMs(8, 0.5, 1_000)).toBe(SCHEDULE_MS.at(-1));
});

test.each([0, 0.5, 0.999_999])(
  "an endpoint that never answers is tried until five days are over, dice at %f",
  (random) => {
    let clock = 0;
    let attempts = 0;
    while (clock < GIVE_UP_MS) clock += restMs(++attempts, random);
    // eight attempts within the first half day, then about four a day
    expect(attempts).toBeGreaterThan(20);
    expect(attempts).toBeLessThan(36);
    expect(clock).toBeLessThan(GIVE_UP_MS + 1.2 * (SCHEDULE_MS.at(-1) ?? 0));
  },
);
