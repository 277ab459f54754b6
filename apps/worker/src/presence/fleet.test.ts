import { expect, test } from "vitest";
import { Fleet } from "./fleet.ts";

test("a few workers keep the full pace", () => {
  const fleet = new Fleet(() => 0.9);
  for (const size of [1, 2, 4]) {
    fleet.counted(size);
    expect([fleet.pause(500), fleet.standBack(25)]).toEqual([500, 0]);
  }
});

test("many keep the pace of four together, apart from each other", () => {
  let next = 0;
  const fleet = new Fleet(() => (next = (next + 0.1) % 1));
  fleet.counted(64);
  const pauses = Array.from({ length: 1_000 }, () => fleet.pause(500));
  const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
  expect(mean / 64).toBeGreaterThan(100);
  expect(mean / 64).toBeLessThan(150);
  expect(new Set(pauses.slice(0, 10)).size).toBeGreaterThan(5);
  expect(fleet.standBack(25)).toBeGreaterThanOrEqual(0);
});

test("a large fleet claims more at once, a very large one not ever more", () => {
  const fleet = new Fleet(() => 0.5);
  const stretches = [1, 8, 16, 64, 1_000].map((size) => {
    fleet.counted(size);
    return fleet.stretch;
  });
  expect(stretches).toEqual([1, 1, 2, 8, 8]);
});
