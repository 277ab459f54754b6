import type { EventType } from "../vocabulary/index.ts";
import type { EngineModel, ModelAttempt, ModelRun, ModelStep } from "./state.ts";

/** Who acts: a worker by its name for any tenant, or an agent within its own. */
export interface ModelExecutor {
  readonly type: "worker" | "agent";
  readonly owner: string;
  readonly tenantId: string | null;
}

export interface ModelClaim {
  readonly stepId: string;
  readonly epoch: number;
}

export function stepOf(model: EngineModel, id: string): ModelStep {
  const step = model.steps.get(id);
  if (step === undefined) throw new Error(`The model has no step ${id}.`);
  return step;
}

export function runOf(model: EngineModel, id: string): ModelRun {
  const run = model.runs.get(id);
  if (run === undefined) throw new Error(`The model has no run ${id}.`);
  return run;
}

export function stepsOf(model: EngineModel, runId: string): ModelStep[] {
  return [...model.steps.values()].filter((step) => step.runId === runId);
}

export function stepNamed(model: EngineModel, runId: string, name: string): ModelStep | undefined {
  return stepsOf(model, runId).find((step) => step.name === name);
}

export function attemptOf(
  model: EngineModel,
  stepId: string,
  epoch: number,
): ModelAttempt | undefined {
  return model.attempts.find((one) => one.stepId === stepId && one.epoch === epoch);
}

export function nextId(model: EngineModel, kind: string): string {
  model.seq++;
  return `${kind}-${model.seq}`;
}

export function tell(
  model: EngineModel,
  type: EventType,
  of: { runId: string; stepId?: string },
  now: number,
): void {
  model.events.push({ type, runId: of.runId, stepId: of.stepId ?? null, at: now });
}

/** Whether somebody holds the step: a lease by the clock. */
export function leaseRuns(step: ModelStep, now: number): boolean {
  return step.leaseUntil !== null && step.leaseUntil > now;
}

/** The step under a claim that still holds; `null`: lease_lost. */
export function ownedStep(model: EngineModel, claim: ModelClaim, now: number): ModelStep | null {
  const step = model.steps.get(claim.stepId);
  return step !== undefined && step.epoch === claim.epoch && leaseRuns(step, now) ? step : null;
}
