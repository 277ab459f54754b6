import type { ClaimedStepRow, Settlement } from "@nofx/control/steps";
import { decideRetry } from "@nofx/core/machine";
import type { StepResult } from "../catalog/handler.ts";
import type { StopReason } from "./running-step.ts";

const MAX_MESSAGE = 4_000;

/** What is told to the engine about how a claim ended; nothing where the claim is not ours any more. */
export function settlementOf(
  step: ClaimedStepRow,
  result: StepResult,
  reason: StopReason | undefined,
  random: () => number,
): Settlement | undefined {
  const claim = { stepId: step.id, epoch: step.epoch };
  switch (result.type) {
    case "held":
      return undefined;
    case "stopped":
      return reason === "lease_lost" ? undefined : { ...claim, outcome: "released" };
    case "succeeded":
      return { ...claim, outcome: "succeeded", output: result.output };
    case "failed": {
      const decision = decideRetry({
        code: result.code,
        failures: step.failures + 1,
        maxFailures: step.max_failures,
        crashes: step.crashes,
        maxCrashes: step.max_crashes,
        random: random(),
      });
      const message = result.message.replaceAll("\u0000", "\ufffd").slice(0, MAX_MESSAGE);
      return {
        ...claim,
        outcome: "failed",
        error: { code: result.code, message: message.toWellFormed() },
        retryMs: decision.action === "retry" ? decision.delayMs : undefined,
      };
    }
  }
}
