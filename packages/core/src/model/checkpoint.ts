import { mustMove } from "./move-step.ts";
import { ownedStep, type ModelClaim } from "./rows.ts";
import { registerUndo } from "./settle.ts";
import type { EngineModel, ModelStep, ModelUndo } from "./state.ts";

export interface Stored {
  readonly name: string;
  readonly value: unknown;
  readonly created: boolean;
}

/** Stores a named result once, and with it how to take its effect back. `null`: lease_lost. */
export function checkpoint(
  model: EngineModel,
  claim: ModelClaim,
  name: string,
  value: unknown,
  undo: ModelUndo | null,
  now: number,
): Stored | null {
  const step = ownedStep(model, claim, now);
  if (step === null) return null;
  markRunning(model, step, now);
  const before = model.checkpoints.find((one) => one.stepId === step.id && one.name === name);
  if (before !== undefined) return { name, value: before.value, created: false };
  model.checkpoints.push({ stepId: step.id, name, value, epoch: step.epoch });
  if (undo !== null) registerUndo(model, step, name, undo);
  return { name, value, created: true };
}

/** Who stores or asks something is at work. */
export function markRunning(model: EngineModel, step: ModelStep, now: number): void {
  if (step.status === "assigned")
    mustMove(model, step, { type: "start", epoch: step.epoch, leaseRuns: true }, { now });
}
