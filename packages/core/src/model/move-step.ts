import { transitionStep, type StepEvent, type StepRefusal } from "../machine/index.ts";
import { attemptOf, tell } from "./rows.ts";
import type { EngineModel, ModelError, ModelStep } from "./state.ts";

/** What a transition needs to be carried out, beside the event. */
export interface Move {
  readonly now: number;
  readonly owner?: string;
  readonly leaseMs?: number;
  readonly delayMs?: number;
  readonly output?: unknown;
  readonly error?: ModelError | undefined;
}

/**
 * Moves one step as the table of transitions says and carries its effects out on the row and its attempt. What follows for
 * other steps and the run is `finish`. Answers why it was refused, or null.
 */
export function moveStep(
  model: EngineModel,
  step: ModelStep,
  event: StepEvent,
  move: Move,
): StepRefusal | null {
  const result = transitionStep(step, event);
  if (!result.ok) return result.code;
  const { next } = result;
  const attempt = attemptOf(model, step.id, step.epoch);
  step.status = next.status;
  step.epoch = next.epoch;
  step.failures = next.failures;
  step.crashes = next.crashes;
  step.holds = next.holds;
  step.cancelRequested = next.cancelRequested;
  if (move.error !== undefined) step.error = move.error;
  for (const effect of result.effects) {
    switch (effect.do) {
      case "begin_lease":
        step.leaseOwner = move.owner ?? null;
        step.leaseUntil = move.now + (move.leaseMs ?? 0);
        step.deadlineAt ??= move.now + step.deadlineMs;
        break;
      case "extend_lease":
        step.leaseUntil = move.now + (move.leaseMs ?? 0);
        break;
      case "end_lease":
        step.leaseOwner = null;
        step.leaseUntil = null;
        if (event.type === "suspend" && step.status === "queued") {
          step.heldAt = move.now;
          step.runAt = move.now;
        }
        break;
      case "open_attempt":
        model.attempts.push({
          stepId: step.id,
          epoch: step.epoch,
          executor: move.owner ?? "",
          claimedAt: move.now,
          startedAt: null,
          finishedAt: null,
          outcome: null,
          errorCode: null,
          refusedOutcome: null,
        });
        break;
      case "mark_started":
        step.startedAt ??= move.now;
        if (attempt !== undefined) attempt.startedAt ??= move.now;
        break;
      case "close_attempt":
        if (attempt === undefined) break;
        attempt.outcome = effect.outcome;
        attempt.finishedAt = move.now;
        attempt.errorCode = effect.outcome === "lost" ? "lease_lost" : (move.error?.code ?? null);
        step.startedAt ??= attempt.claimedAt;
        break;
      case "delay":
        step.runAt = move.now + (move.delayMs ?? 0);
        break;
      case "make_due":
        step.runAt = move.now;
        break;
      case "move_deadline":
        if (step.holds !== 0) break;
        if (step.deadlineAt !== null) step.deadlineAt += move.now - (step.heldAt ?? move.now);
        step.heldAt = null;
        break;
      case "finalise":
        step.finalisedAt = move.now;
        if (step.status === "succeeded") {
          step.output = move.output;
          step.error = null;
        }
        break;
      case "free_dependants":
      case "cancel_dependants":
        break;
      case "tell":
        tell(model, effect.event, { runId: step.runId, stepId: step.id }, move.now);
        break;
    }
  }
  return null;
}

/** As `moveStep`, where a refusal would be a mistake of the model. */
export function mustMove(model: EngineModel, step: ModelStep, event: StepEvent, move: Move): void {
  const refusal = moveStep(model, step, event, move);
  if (refusal !== null) throw new Error(`${step.name} refuses ${event.type}: ${refusal}`);
}
