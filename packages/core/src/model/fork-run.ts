import { isTerminalRun } from "../vocabulary/index.ts";
import { enqueueRun, type StepSpec } from "./enqueue-run.ts";
import { nextId, runOf, stepNamed, stepOf, stepsOf, tell } from "./rows.ts";
import type { EngineModel, ModelRun, ModelStep } from "./state.ts";

export interface Fork {
  readonly source: string;
  /** The new run's id. */
  readonly id: string;
  /** The steps that run again, with all that needs them; null: every step. */
  readonly from: readonly string[] | null;
  /** Whether steps that had not succeeded go on where they were. */
  readonly keep: boolean;
  readonly redriveOf?: string;
}

/** `unchanged`: everything would be taken over; a run in which nothing runs would never end. */
/** `unsettled`: what could not be undone may be undone yet, and nothing is built on that. */
export type ForkResult = "forked" | "unchanged" | "unsettled" | "going" | "busy";

/**
 * Makes a new run out of one that has ended. Steps that are named, had not succeeded, or whose effect was undone run again, and
 * so does all that needs them; the others are taken over as they ended, and can be undone by the new run.
 */
export function forkRun(model: EngineModel, fork: Fork, now: number): ForkResult {
  const run = runOf(model, fork.source);
  if (!isTerminalRun(run.status)) return "going";
  const undone = undoneOf(model, run);
  const own = stepsOf(model, run.id).filter((s) => s.undoOf === null && s.parentId === null);
  const from = new Set(fork.from ?? own.map((step) => step.name));
  const fresh = new Set<string>();
  const open = own.filter((s) => from.has(s.name) || s.status !== "succeeded" || undone.has(s.id));
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (fresh.has(step.id)) continue;
    fresh.add(step.id);
    for (const edge of model.dependencies)
      if (edge.dependsOn === step.id) open.push(stepOf(model, edge.stepId));
  }
  const keeping = new Set(
    own
      .filter((s) => fork.keep && fresh.has(s.id) && (s.status !== "succeeded" || from.has(s.name)))
      .map((step) => step.id),
  );
  const copied = [...own];
  const kept = new Set(own.filter((step) => !fresh.has(step.id)).map((step) => step.id));
  // children of what goes on where it was: their parent finds them when it asks for them again
  for (const step of copied) {
    if (!keeping.has(step.id)) continue;
    for (const child of stepsOf(model, run.id).filter((one) => one.parentId === step.id)) {
      copied.push(child);
      if (child.status === "succeeded" && !undone.has(child.id)) kept.add(child.id);
      else keeping.add(child.id);
    }
  }
  if (kept.size === copied.length) return "unchanged";
  if (run.compensation === "failed" && (kept.size > 0 || fork.keep)) return "unsettled";
  const root = kept.size === 0 && !fork.keep ? null : (run.workspaceRun ?? run.id);
  if (root !== null && workspaceBusy(model, root)) return "busy";
  writeFork(model, run, fork, root, copied, kept, now);
  takeOver(model, fork, copied, kept, keeping, undone);
  tell(model, "run.forked", { runId: fork.id }, now);
  return "forked";
}

export function workspaceBusy(model: EngineModel, root: string): boolean {
  return [...model.runs.values()].some(
    (one) => (one.id === root || one.workspaceRun === root) && !isTerminalRun(one.status),
  );
}

/**
 * Steps whose effect was taken back; an effect of a child is an effect of its parent. One that was taken over may have been
 * undone under another run.
 */
function undoneOf(model: EngineModel, run: ModelRun): Set<string> {
  const origin = (step: ModelStep) => step.keptFrom ?? step.id;
  const gone = new Set(
    model.compensations
      .filter((one) => one.status === "undoing" || one.status === "undone")
      .map((one) => origin(stepOf(model, one.stepId))),
  );
  const undone = new Set<string>();
  for (const step of stepsOf(model, run.id)) {
    if (!gone.has(origin(step))) continue;
    for (let id: string | null = step.id; id !== null; id = stepOf(model, id).parentId)
      undone.add(id);
  }
  return undone;
}

function writeFork(
  model: EngineModel,
  run: ModelRun,
  fork: Fork,
  root: string | null,
  copied: readonly ModelStep[],
  kept: ReadonlySet<string>,
  now: number,
): void {
  const names = new Map(copied.map((step) => [step.id, step.name]));
  const needs = (step: ModelStep, required: boolean) =>
    model.dependencies.flatMap((edge) => {
      const name = names.get(edge.dependsOn);
      return edge.stepId === step.id && edge.required === required && name !== undefined
        ? [name]
        : [];
    });
  const steps = copied.map((step): StepSpec => {
    const [kind = "", version] = step.handler.split("@");
    const parent = step.parentId === null ? undefined : names.get(step.parentId);
    const { name, capability, priority, undo, pivot, sensitive, maxFailures, maxCrashes } = step;
    return {
      id: `${fork.id}/${name}`,
      name,
      capability,
      priority,
      undo,
      pivot,
      sensitive,
      maxFailures,
      maxCrashes,
      kind,
      kindVersion: Number(version),
      arguments: step.arguments,
      deadlineMs: step.deadlineMs,
      needs: needs(step, true),
      softNeeds: needs(step, false),
      ...(parent === undefined ? {} : { parentId: `${fork.id}/${parent}` }),
      ...(kept.has(step.id) ? { keptFrom: step } : {}),
    };
  });
  const { undoOrder, compensate } = run;
  enqueueRun(
    model,
    {
      id: fork.id,
      tenantId: run.tenantId,
      steps,
      undoOrder,
      compensate,
      forkedFrom: run.id,
      workspaceRun: root,
      ...(fork.redriveOf === undefined ? {} : { redriveOf: fork.redriveOf }),
    },
    now,
  );
  for (const step of stepsOf(model, fork.id)) {
    if (step.parentId !== null && step.status === "queued")
      stepOf(model, step.parentId).childrenLeft++;
  }
}

/** What steps had done: checkpoints and met waits of what goes on, and how to take back what is kept. */
function takeOver(
  model: EngineModel,
  fork: Fork,
  copied: readonly ModelStep[],
  kept: ReadonlySet<string>,
  keeping: ReadonlySet<string>,
  undone: ReadonlySet<string>,
): void {
  const taken = new Set<string>();
  for (const old of copied.filter((step) => keeping.has(step.id))) {
    const lost = model.compensations.filter(
      (one) => one.stepId === old.id && (one.status === "undoing" || one.status === "undone"),
    );
    for (const point of model.checkpoints.filter((one) => one.stepId === old.id)) {
      if (lost.some((one) => one.name === point.name)) break;
      taken.add(`${old.id} ${point.name}`);
      model.checkpoints.push({ ...point, stepId: `${fork.id}/${old.name}` });
    }
    if (undone.has(old.id)) continue;
    for (const wait of model.waits.filter((one) => one.stepId === old.id)) {
      if (wait.status !== "met" || wait.kind === "children" || wait.kind === "approval") continue;
      const stepId = `${fork.id}/${old.name}`;
      model.waits.push({ ...wait, id: nextId(model, "wait"), runId: fork.id, stepId });
    }
  }
  const register = model.compensations.filter(
    (one) =>
      copied.some((step) => step.id === one.stepId) &&
      (one.status === "registered" || one.status === "failed") &&
      (kept.has(one.stepId) || taken.has(`${one.stepId} ${one.name}`)),
  );
  for (const one of register) {
    const id = nextId(model, "compensation");
    const stepId = stepNamed(model, fork.id, stepOf(model, one.stepId).name)?.id ?? "";
    model.compensations.push({
      ...one,
      id,
      runId: fork.id,
      stepId,
      seq: model.seq,
      status: "registered",
      undoStep: null,
    });
  }
}
