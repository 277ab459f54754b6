import { expect, it } from "vitest";
import { limitsOf, sayRule } from "./queues.ts";

it("reads limits as people write them", () => {
  expect(limitsOf({ maxRunning: "5", maxQueued: "none", rate: "100/60s:10" })).toEqual({
    maxRunning: 5,
    maxQueued: null,
    rate: { count: 100, perSeconds: 60, burst: 10 },
  });
  expect(limitsOf({ rate: "20/s", weight: "3" })).toEqual({
    rate: { count: 20, perSeconds: 1 },
    weight: 3,
  });
  expect(limitsOf({ rate: "none" })).toEqual({ rate: null });
  for (const wrong of [{ maxRunning: "0" }, { maxQueued: "many" }, { rate: "often" }]) {
    expect(() => limitsOf(wrong)).toThrow(/takes|written/);
  }
});

it("says a rule in one line", () => {
  const rule = {
    id: "rule_x" as never,
    queue: "mail",
    type: null,
    agent: null,
    plane: false,
    tenant: "acme",
    maxRunning: 5,
    maxQueued: null,
    rate: null,
    weight: 1,
    paused: { reason: "Provider down", at: "2026-01-01T00:00:00Z", by: "Olga" },
    mayChange: true,
    createdAt: "2026-01-01T00:00:00Z",
  };
  expect(sayRule(rule)).toBe("queue mail: paused by Olga: Provider down; 5 running");
  expect(sayRule({ ...rule, queue: null, paused: null, maxRunning: null })).toBe(
    "this tenant: no limits",
  );
});
