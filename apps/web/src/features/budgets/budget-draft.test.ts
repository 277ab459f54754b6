import { SetBudgetInput } from "@nofx/core/api";
import { expect, it } from "vitest";
import { draftOf, toChange, toNewBudget, withChanges } from "./budget-draft.ts";

it("keeps only what fits together", () => {
  const draft = withChanges(draftOf(), { measure: "calls", window: "rate", outcome: "ask" });
  expect(draft).toMatchObject({ window: "rate", outcome: "stop" });
  expect(withChanges(draft, { measure: "usd" }).window).toBe("day");
  expect(withChanges(draft, { measure: "depth" }).window).toBe("total");
  expect(withChanges({ ...draft, subject: "x" }, { scope: "tenant" }).subject).toBe("");
  expect(withChanges({ ...draft, model: "a/*" }, { scope: "model" }).model).toBe("");
});

it("sends what the server takes", () => {
  const draft = withChanges(draftOf(), { name: "a", limit: " 2.50 ", outcome: "wrap_up" });
  expect(toNewBudget(draft)).toEqual({
    name: "a",
    scope: "tenant",
    measure: "usd",
    limit: "2.50",
    outcome: "wrap_up",
    note: "",
    window: "day",
  });
  const rate = withChanges(draft, {
    measure: "tokens",
    window: "rate",
    limit: "1000",
    burst: "50",
  });
  expect(SetBudgetInput.safeParse(toNewBudget(rate)).success).toBe(true);
  expect(toChange(rate, "budget_1")).toMatchObject({ rate: { perSeconds: 60, burst: 50 } });
});
