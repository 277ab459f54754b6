import { HOLD_BITS } from "../vocabulary/index.ts";
import { nextId, tell } from "./rows.ts";
import type { EngineModel, ModelRun, ModelStep, ModelUndo } from "./state.ts";

/** What a run says about a step; all else has the product's defaults. */
export interface StepSpec {
  readonly name: string;
  /** Else `<run>/<name>`. */
  readonly id?: string;
  readonly needs?: readonly string[];
  /** Met by any end of the other step. */
  readonly softNeeds?: readonly string[];
  readonly kind?: string;
  readonly kindVersion?: number;
  readonly capability?: string | null;
  readonly priority?: number;
  readonly arguments?: unknown;
  readonly undo?: ModelUndo | null;
  readonly pivot?: boolean;
  /** Waits for a yes of people before it starts. */
  readonly sensitive?: boolean;
  readonly maxFailures?: number;
  readonly maxCrashes?: number;
  readonly deadlineMs?: number;
  readonly parentId?: string;
  readonly undoOf?: string;
  readonly keptFrom?: ModelStep;
}

export interface RunSpec {
  readonly id: string;
  readonly tenantId?: string;
  readonly steps: readonly StepSpec[];
  readonly undoOrder?: "completion" | "dependency";
  readonly compensate?: boolean;
  readonly forkedFrom?: string;
  readonly workspaceRun?: string | null;
  readonly redriveOf?: string;
}

/** Writes a run and all its steps, each with the holds that say why it cannot start yet. */
export function enqueueRun(model: EngineModel, spec: RunSpec, now: number): ModelRun {
  if (model.runs.has(spec.id)) throw new Error(`The model has a run ${spec.id} already.`);
  const kept = new Set(spec.steps.filter((one) => one.keptFrom !== undefined).map((s) => s.name));
  const left = spec.steps.length - kept.size;
  const run: ModelRun = {
    id: spec.id,
    tenantId: spec.tenantId ?? "tenant",
    createdAt: now,
    status: "queued",
    compensation: "none",
    outcome: null,
    compensate: spec.compensate ?? true,
    undoOrder: spec.undoOrder ?? "completion",
    stepCount: spec.steps.length,
    stepsLeft: left,
    stepsFailed: 0,
    cancelRequestedAt: null,
    pausedAt: null,
    startedAt: null,
    finishedAt: null,
    forkedFrom: spec.forkedFrom ?? null,
    workspaceRun: spec.workspaceRun ?? null,
    redriveOf: spec.redriveOf ?? null,
  };
  model.runs.set(run.id, run);
  const ids = new Map<string, string>();
  for (const one of spec.steps) ids.set(one.name, addStep(model, run, one, now).id);
  for (const one of spec.steps) {
    const step = model.steps.get(ids.get(one.name) ?? "");
    if (step === undefined) continue;
    for (const [needs, required] of [
      [one.needs ?? [], true],
      [one.softNeeds ?? [], false],
    ] as const) {
      for (const need of needs) {
        const dependsOn = ids.get(need);
        if (dependsOn === undefined) throw new Error(`${one.name} needs ${need}: no such step.`);
        model.dependencies.push({ stepId: step.id, dependsOn, required });
        if (kept.has(need) || kept.has(one.name)) continue;
        step.depsLeft++;
        step.holds |= HOLD_BITS.dependency;
      }
    }
  }
  tell(model, "run.queued", { runId: run.id }, now);
  return run;
}

/** Adds a queued step to a run; the caller counts it. */
export function addStep(model: EngineModel, run: ModelRun, spec: StepSpec, now: number): ModelStep {
  const kind = spec.kind ?? "shell";
  const kept = spec.keptFrom;
  const step: ModelStep = {
    id: spec.id ?? `${run.id}/${spec.name}`,
    tenantId: run.tenantId,
    runId: run.id,
    parentId: spec.parentId ?? null,
    undoOf: spec.undoOf ?? null,
    keptFrom: kept === undefined ? null : (kept.keptFrom ?? kept.id),
    name: spec.name,
    handler: `${kind}@${spec.kindVersion ?? 1}`,
    executor: kind === "agent" ? "agent" : "worker",
    capability: spec.capability ?? null,
    priority: spec.priority ?? 3,
    arguments: spec.arguments ?? {},
    undo: spec.undo ?? null,
    pivot: spec.pivot ?? false,
    sensitive: spec.sensitive ?? false,
    status: kept === undefined ? "queued" : "succeeded",
    holds:
      kept === undefined
        ? (spec.sensitive === true ? HOLD_BITS.approval : 0) |
          (run.pausedAt === null ? 0 : HOLD_BITS.paused)
        : 0,
    depsLeft: 0,
    childrenLeft: 0,
    runAt: now,
    epoch: 0,
    leaseOwner: null,
    leaseUntil: null,
    cancelRequested: false,
    failures: 0,
    crashes: 0,
    maxFailures: spec.maxFailures ?? 3,
    maxCrashes: spec.maxCrashes ?? 3,
    deadlineMs: spec.deadlineMs ?? 86_400_000,
    deadlineAt: null,
    heldAt: null,
    output: kept?.output ?? null,
    error: null,
    createdAt: now,
    startedAt: null,
    finalisedAt: kept === undefined ? null : now,
  };
  if (model.steps.has(step.id)) throw new Error(`The model has a step ${step.id} already.`);
  model.steps.set(step.id, step);
  if (spec.sensitive === true && kept === undefined) {
    const id = nextId(model, "approval");
    model.approvals.set(id, {
      id,
      subject: "plan_step",
      stepId: step.id,
      name: "",
      digest: "",
      status: "pending",
    });
  }
  return step;
}
