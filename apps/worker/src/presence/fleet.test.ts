import { expect, test } from "vitest";
import { Fleet } from "./fleet.ts";

test("the first two workers keep the full pace, however many there are", () => {
  const fleet = new Fleet(() => 0.9);
  for (const [workers, rank] of [
    [1, 0],
    [2, 1],
    [64, 0],
    [64, 1],
  ] as const) {
    fleet.counted({ workers, rank });
    expect([fleet.pause(500), fleet.standBack(25), fleet.share(500)]).toEqual([500, 0, 500]);
  }
});

test("the others keep the pace of one together, apart from each other", () => {
  let next = 0;
  const fleet = new Fleet(() => (next = (next + 0.1) % 1));
  fleet.counted({ workers: 64, rank: 2 });
  const pauses = Array.from({ length: 1_000 }, () => fleet.pause(500));
  const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
  expect(mean / 64).toBeGreaterThan(400);
  expect(mean / 64).toBeLessThan(600);
  expect(new Set(pauses.slice(0, 10)).size).toBeGreaterThan(5);
  expect(fleet.standBack(25)).toBeGreaterThanOrEqual(0);
  expect(fleet.share(64_000)).toBe(1_000);
});

test("a large fleet claims more at once and each looks everywhere more seldom, a very large one not ever more so", () => {
  const fleet = new Fleet(() => 0.5);
  const claims = [1, 8, 16, 64, 1_000].map((size) => {
    fleet.counted({ workers: size, rank: 0 });
    return [fleet.stretch, fleet.freshMs];
  });
  expect(claims).toEqual([
    [1, undefined],
    [1, undefined],
    [2, 2_000],
    [8, 8_000],
    [8, 8_000],
  ]);
});
