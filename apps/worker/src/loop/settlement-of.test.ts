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

test("what has ended settles, whatever we believe of the lease: the database decides", () => {
  const result = { type: "succeeded", output: { n: 1 } } as const;
  expect(settlementOf(step, result, half)).toMatchObject({ outcome: "succeeded", epoch: 2 });
  expect(settlementOf(step, { type: "stopped" }, half)).toMatchObject({ outcome: "released" });
});

test("what the engine has put on hold is not settled", () => {
  expect(settlementOf(step, { type: "held" }, half)).toBeUndefined();
});

test("the code of a failure decides whether it is tried again", () => {
  const fail = (code: "timeout" | "exit_nonzero") =>
    settlementOf(step, { type: "failed", code, message: "x\u0000" }, half);
  expect(fail("timeout")).toMatchObject({
    outcome: "failed",
    retryMs: 500,
    error: { message: "x\ufffd" },
  });
  expect(fail("exit_nonzero")).toMatchObject({ outcome: "failed", retryMs: undefined });
});
