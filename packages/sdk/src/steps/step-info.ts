import type { ClaimedStep } from "@nofx/core/contract";
import type { StepInfo } from "../tasks/index.ts";

/** What a handler, and people, are told of a claimed step. */
export function stepInfo(step: ClaimedStep): StepInfo {
  return {
    stepId: step.id,
    runId: step.runId,
    name: step.name,
    title: step.title,
    capability: step.capability,
    attempt: step.attempt,
    correlationId: step.correlationId,
    traceparent: step.traceparent,
  };
}
