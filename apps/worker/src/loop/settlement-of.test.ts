import type { ClaimedStepRow } from "@nofx/control/steps";
import { expect, test } from "vitest";
import { settlementOf } from "./settlement-of.ts";

const step = {
  id: "s",
  epoch: 2,
  failures: 0,
  max_failures: 3,
  crashes: 0,
  max_crashes: 3,
} as ClaimedStepRow;
const half = () => 0.5;

test("what succeeded settles, also when we believe the lease is lost: the database decides", () => {
  const result = { type: "succeeded", output: { n: 1 } } as const;
  expect(settlementOf(step, result, "lease_lost", half)).toMatchObject({
    outcome: "succeeded",
    epoch: 2,
  });
});

test("what was stopped is given back, unless it is not ours to give", () => {
  expect(settlementOf(step, { type: "stopped" }, "shutdown", half)).toMatchObject({
    outcome: "released",
  });
  expect(settlementOf(step, { type: "stopped" }, "cancelled", half)).toMatchObject({
    outcome: "released",
  });
  expect(settlementOf(step, { type: "stopped" }, "lease_lost", half)).toBeUndefined();
  expect(settlementOf(step, { type: "held" }, undefined, half)).toBeUndefined();
});

test("the code of a failure decides whether it is tried again", () => {
  const fail = (code: "timeout" | "exit_nonzero") =>
    settlementOf(step, { type: "failed", code, message: "x\u0000" }, undefined, half);
  expect(fail("timeout")).toMatchObject({
    outcome: "failed",
    retryMs: 500,
    error: { message: "x\ufffd" },
  });
  expect(fail("exit_nonzero")).toMatchObject({ outcome: "failed", retryMs: undefined });
});
