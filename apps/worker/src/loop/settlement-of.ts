import type { ClaimedStepRow, Settlement } from "@nofx/control/steps";
import { decideRetry } from "@nofx/core/machine";
import type { Random } from "@nofx/core/seams";
import type { StepResult } from "../catalog/handler.ts";

const MAX_MESSAGE = 4_000;

/**
 * What is told to the engine about how a claim ended; nothing where the engine itself has put the step on hold. What was
 * stopped is given back, also when this worker believes the lease is lost: the fence decides, and keeps on the attempt
 * what came too late.
 */
export function settlementOf(
  step: ClaimedStepRow,
  result: StepResult,
  random: Random,
): Settlement | undefined {
  const claim = { stepId: step.id, epoch: step.epoch };
  switch (result.type) {
    case "held":
      return undefined;
    case "stopped":
      return { ...claim, outcome: "released" };
    case "succeeded":
      return {
        ...claim,
        outcome: "succeeded",
        output: result.output,
        dependency: result.dependency,
      };
    case "failed": {
      const decision = decideRetry({
        code: result.code,
        failures: step.failures + 1,
        maxFailures: step.max_failures,
        crashes: step.crashes,
        maxCrashes: step.max_crashes,
        random: random(),
        retryAfterMs: result.retryAfterMs ?? 0,
      });
      const message = result.message.replaceAll("\u0000", "\ufffd").slice(0, MAX_MESSAGE);
      return {
        ...claim,
        outcome: "failed",
        error: { code: result.code, message: message.toWellFormed() },
        retryMs: decision.action === "retry" ? decision.delayMs : undefined,
        dependency: result.dependency,
      };
    }
  }
}
