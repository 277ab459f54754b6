import { expect, it } from "vitest";
import { sayCount, sayDuration, sayLimits, sayScope } from "./say-rule.ts";

const rule = {
  queue: null,
  type: null,
  agent: null,
  plane: false,
  tenant: "acme",
  maxRunning: null,
  maxQueued: null,
  rate: null,
  weight: 1,
};

it("names what a rule binds", () => {
  expect(sayScope(rule)).toBe("this tenant");
  expect(sayScope({ ...rule, queue: "mail", type: "http" })).toBe("type http, queue mail");
  expect(sayScope({ ...rule, plane: true, tenant: null })).toBe("the whole plane");
  expect(sayScope({ ...rule, plane: true, queue: "mail" })).toBe(
    "queue mail of tenant acme, by the plane",
  );
});

it("says limits in a few words, and nothing of those that are not there", () => {
  expect(sayLimits(rule)).toEqual([]);
  const rate = { count: 100, perSeconds: 60, burst: 10 };
  expect(sayLimits({ ...rule, maxRunning: 1_200, rate, maxQueued: 5, weight: 3 })).toEqual([
    "1,200 running",
    "100 in 1 min, 10 at once",
    "5 queued",
    "weight 3",
  ]);
});

it("rounds times, and says where a count stops", () => {
  expect([3, 90, 7_200, 400_000].map(sayDuration)).toEqual(["3 s", "2 min", "2 h", "5 d"]);
  expect([9_999, 10_000].map(sayCount)).toEqual(["9,999", "10,000+"]);
});
