import { expect, it } from "vitest";
import { buildTimeScale } from "./time-scale.ts";

it("is linear when nothing is idle for long", () => {
  const scale = buildTimeScale([{ from: 0, to: 10_000 }], 0, 10_000);
  expect(scale.folds).toEqual([]);
  expect([0, 2_500, 10_000].map((at) => scale.place(at))).toEqual([0, 0.25, 1]);
});

it("folds a long wait between short work to a sliver", () => {
  const wait = { from: 3_000, to: 7_203_000 };
  const scale = buildTimeScale(
    [
      { from: 0, to: 3_000 },
      { from: wait.to, to: wait.to + 3_000 },
    ],
    0,
    wait.to + 3_000,
  );
  expect(scale.folds).toHaveLength(1);
  expect(scale.place(wait.to) - scale.place(wait.from)).toBeCloseTo(0.05);
  expect(scale.place(3_000)).toBeCloseTo(0.475);
  expect(scale.place(wait.to + 3_000)).toBeCloseTo(1);
});

it("never goes backwards and stays within its bounds", () => {
  const busy = [
    { from: 5_000, to: 6_000 },
    { from: 5_500, to: 9_000 },
    { from: 400_000, to: 401_000 },
  ];
  const scale = buildTimeScale(busy, 0, 900_000);
  let before = 0;
  for (let at = -1_000; at <= 901_000; at += 500) {
    const place = scale.place(at);
    expect(place).toBeGreaterThanOrEqual(before);
    expect(place).toBeLessThanOrEqual(1);
    before = place;
  }
});

it("takes a run that has not begun to work", () => {
  const scale = buildTimeScale([], 1_000, 1_000);
  expect(scale.place(1_000)).toBe(0);
  expect(Number.isFinite(scale.place(5_000))).toBe(true);
});
