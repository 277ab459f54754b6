import type { DispatchDecisionView } from "@nofx/core/api";
import { expect, it } from "vitest";
import { decisionLines } from "./dispatch.ts";

it("says for which run and step a strategy was chosen", () => {
  const one = {
    at: "2026-01-01T00:00:00.000Z",
    runId: "run_a",
    stepId: "step_b",
    segment: "work/chore/low",
    strategy: "pair",
    heldOut: false,
    level: "prior",
    reason: "It is worth most.",
    outcome: null,
  } as unknown as DispatchDecisionView;
  const [first, ...rest] = decisionLines([one]);
  expect(first).toMatch(/pair +by prior +work\/chore\/low +under way/);
  expect(rest).toEqual(["    It is worth most.", "    run_a  step_b"]);
  expect(decisionLines([{ ...one, runId: null, stepId: null }])).toHaveLength(2);
});
