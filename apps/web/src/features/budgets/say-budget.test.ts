import { expect, it } from "vitest";
import { meterTone, sayAmount, sayTerms } from "./say-budget.ts";

const budget = {
  window: "day",
  rate: null,
  scope: "agent",
  subject: null,
  subjectName: null,
  model: null,
} as const;

it("says what a budget is in words", () => {
  expect(sayAmount("usd", "2.5")).toBe("$2.5");
  expect(sayAmount("fan_out", "1")).toBe("1 child");
  expect(sayAmount("tokens", "40000")).toBe("40,000 tokens");
  expect(sayTerms(budget)).toBe("a day for each agent");
  expect(sayTerms({ ...budget, scope: "tenant", model: "openai/*" })).toBe(
    "a day for the tenant, on openai/*",
  );
  expect(
    sayTerms({
      ...budget,
      window: null,
      rate: { perSeconds: 60, burst: 1_000 },
      subject: "agent_1",
      subjectName: "scout",
    }),
  ).toBe("in 60 s, 1,000 at once for agent scout");
});

it("warns before it is full", () => {
  expect([0.79, 0.8, 1].map((full) => meterTone({ full }))).toEqual(["good", "warn", "bad"]);
});
