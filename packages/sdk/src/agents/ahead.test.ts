import { expect, test } from "vitest";
import { Ahead } from "./ahead.ts";

const LEASE = 30_000;
const known = (ms: number, roundTrip: number, options = { slots: 4, most: 100 }) => {
  const ahead = new Ahead(options);
  ahead.ended("a", ms, 0);
  ahead.answered(roundTrip);
  return ahead;
};

test("nothing is claimed ahead before anything is known, nor where steps are long", () => {
  const ahead = new Ahead({ slots: 4, most: 100 });
  ahead.answered(50);
  expect(ahead.count(LEASE, 0)).toBe(0);
  expect(known(1_001, 50).count(LEASE, 0)).toBe(0);
});

test("as many as begin within two round trips, and no more than said", () => {
  expect(known(10, 50).count(LEASE, 0)).toBe(40);
  expect(known(100, 50).count(LEASE, 0)).toBe(4);
  expect(known(900, 50).count(LEASE, 0)).toBe(0);
  expect(known(1, 50).count(LEASE, 0)).toBe(100);
  expect(known(1, 50, { slots: 4, most: 0 }).count(LEASE, 0)).toBe(0);
});

test("never more than begins within a third of the lease", () => {
  expect(known(500, 1_000).count(3_000, 0)).toBe(8);
  expect(known(500, 1_000).count(300, 0)).toBe(0);
});

test("a step that took long is believed at once, short ones after it slowly; one long ago not at all", () => {
  const ahead = known(10, 50);
  ahead.ended("b", 4_000, 0);
  expect(ahead.count(LEASE, 0)).toBe(0);
  for (let n = 0; n < 60; n++) ahead.ended("b", 10, n);
  expect(ahead.count(LEASE, 60)).toBeGreaterThan(20);
  ahead.ended("b", 4_000, 60);
  ahead.ended("a", 10, 60_061);
  expect(ahead.count(LEASE, 60_061)).toBe(40);
});

test("a claim that waited does not make the server seem slow", () => {
  const ahead = known(10, 50);
  ahead.answered(900);
  expect(ahead.count(LEASE, 0)).toBeLessThan(60);
});
