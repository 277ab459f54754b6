import fc from "fast-check";
import { expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { desiredWorkers, FAILING, type Demand, type Scaling } from "./desired-workers.ts";

const aDemand: fc.Arbitrary<Demand> = fc.record({
  ready: fc.nat(20_000),
  oldestSeconds: fc.double({ min: 0, max: 100_000, noNaN: true }),
  inFlight: fc.nat(2_000),
  failureRate: fc.double({ min: 0, max: 1, noNaN: true }),
  paused: fc.boolean(),
  maxRunning: fc.option(fc.integer({ min: 1, max: 3_000 })),
});
const aScaling: fc.Arbitrary<Scaling> = fc
  .record({
    current: fc.nat(100),
    perWorker: fc.integer({ min: 1, max: 200 }),
    min: fc.nat(10),
    more: fc.nat(100),
    backlogPerPlace: fc.integer({ min: 1, max: 100 }),
    targetSeconds: fc.integer({ min: 1, max: 3_600 }),
  })
  .map(({ more, ...rest }) => ({ ...rest, max: rest.min + more }));
const holds = (check: (demand: Demand, scaling: Scaling) => void) =>
  fc.assert(fc.property(aDemand, aScaling, check), numRuns(500));

test("it stays within its bounds, and is a whole number", () => {
  holds((demand, scaling) => {
    const n = desiredWorkers(demand, scaling);
    expect(Number.isInteger(n)).toBe(true);
    expect(n).toBeGreaterThanOrEqual(scaling.min);
    expect(n).toBeLessThanOrEqual(scaling.max);
  });
});

test("more depth, more age or more in flight never asks for fewer", () => {
  holds((demand, scaling) => {
    const n = desiredWorkers(demand, scaling);
    for (const more of [
      { ready: demand.ready + 17 },
      { oldestSeconds: demand.oldestSeconds * 2 + 1 },
      { inFlight: demand.inFlight + 17 },
    ]) {
      expect(desiredWorkers({ ...demand, ...more }, scaling)).toBeGreaterThanOrEqual(n);
    }
  });
});

test("it never grows while most of what ends fails", () => {
  holds((demand, scaling) => {
    const n = desiredWorkers({ ...demand, failureRate: FAILING }, scaling);
    expect(n).toBeLessThanOrEqual(Math.max(scaling.current, scaling.min));
  });
});

test("what is paused or at its limit does not ask for workers", () => {
  const scaling: Scaling = {
    current: 2,
    perWorker: 4,
    min: 0,
    max: 50,
    backlogPerPlace: 10,
    targetSeconds: 60,
  };
  const busy: Demand = {
    ready: 1_000,
    oldestSeconds: 10,
    inFlight: 8,
    failureRate: 0,
    paused: false,
    maxRunning: null,
  };
  expect(desiredWorkers(busy, scaling)).toBe(27);
  expect(desiredWorkers({ ...busy, oldestSeconds: 120 }, scaling)).toBe(50);
  expect(desiredWorkers({ ...busy, paused: true }, scaling)).toBe(2);
  expect(desiredWorkers({ ...busy, maxRunning: 12 }, scaling)).toBe(3);
  expect(desiredWorkers({ ...busy, ready: 1, inFlight: 0 }, scaling)).toBe(1);
  expect(desiredWorkers({ ...busy, ready: 0, inFlight: 0 }, scaling)).toBe(0);
});
