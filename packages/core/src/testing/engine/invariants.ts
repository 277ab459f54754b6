import { deadLetterOf } from "../../errors/index.ts";
import { WAIT_HOLD } from "../../machine/index.ts";
import { stepOf, type EngineModel, type ModelRun, type ModelStep } from "../../model/index.ts";
import { HOLD_BITS, isTerminalRun, isTerminalStep } from "../../vocabulary/index.ts";

/** What breaks the invariants (RELIABILITY: I1 to I13) in a state of the model. Empty: nothing does. */
export function violations(model: EngineModel): string[] {
  const found: string[] = [];
  const must = (holds: boolean, says: string) => {
    if (!holds) found.push(says);
  };
  for (const step of model.steps.values()) stepViolations(model, step, must);
  for (const run of model.runs.values()) runViolations(model, run, must);
  for (const entry of model.compensations) {
    const undo = entry.undoStep === null ? null : stepOf(model, entry.undoStep);
    const says = `saga: ${entry.stepId} ${entry.name} is ${entry.status}`;
    if (entry.status === "undoing") must(undo !== null && !isTerminalStep(undo.status), says);
    if (entry.status === "undone") must(undo?.status === "succeeded", says);
    if (entry.status === "failed") must(undo?.status === "failed", says);
    const copies = model.compensations.filter(
      (one) => one.stepId === entry.stepId && one.name === entry.name,
    );
    must(copies.length === 1, `saga: ${entry.stepId} ${entry.name} registered once`);
  }
  return found;
}

type Must = (holds: boolean, says: string) => void;

function stepViolations(model: EngineModel, step: ModelStep, must: Must): void {
  const ended = isTerminalStep(step.status);
  const leased = step.status === "assigned" || step.status === "running";
  const attempts = model.attempts.filter((one) => one.stepId === step.id);
  const open = attempts.filter((one) => one.outcome === null);
  must(ended === (step.finalisedAt !== null), `I1: ${step.id} is ${step.status}`);
  must(leased === (step.leaseUntil !== null), `I3: ${step.id} leased`);
  must(attempts.length === step.epoch, `I3: ${step.id} one attempt a claim`);
  must(new Set(attempts.map((one) => one.epoch)).size === step.epoch, `I3: ${step.id} epochs`);
  must(open.length === (leased ? 1 : 0), `I3: ${step.id} has ${open.length} open attempts`);
  must(
    open.every((one) => one.epoch === step.epoch),
    `I3: ${step.id} an old attempt is open`,
  );
  const successes = attempts.filter((one) => one.outcome === "succeeded").length;
  if (step.keptFrom === null)
    must(
      successes === (step.status === "succeeded" ? 1 : 0),
      `I4: ${step.id} ${successes} successes`,
    );
  const edges = model.dependencies.filter((one) => one.stepId === step.id);
  const met = edges.filter(({ dependsOn, required }) => {
    const { status } = stepOf(model, dependsOn);
    return required ? status === "succeeded" : isTerminalStep(status);
  });
  if (step.epoch > 0) must(met.length === edges.length, `I6: ${step.id} began too early`);
  must(model.runs.get(step.runId)?.tenantId === step.tenantId, `I10: ${step.id} tenant`);
  must(step.failures <= step.maxFailures && step.crashes <= step.maxCrashes, `budget: ${step.id}`);
  if (step.status === "queued") {
    must(step.depsLeft === edges.length - met.length, `I11: ${step.id} ${step.depsLeft} deps left`);
    must(
      heldBits(model, step) === (step.holds & ~HOLD_BITS.paused),
      `holds: ${step.id} ${step.holds}`,
    );
  }
  const children = [...model.steps.values()].filter((one) => one.parentId === step.id);
  const left = children.filter((one) => !isTerminalStep(one.status)).length;
  must(step.childrenLeft === left, `I11: ${step.id} ${step.childrenLeft} children left`);
  const letters = model.deadLetters.filter((one) => one.stepId === step.id).length;
  const due =
    step.status === "failed" &&
    deadLetterOf(step.error?.code ?? "unclassified", {
      pastDeadline: step.error?.pastDeadline === true,
      isUndo: step.undoOf !== null,
    }) !== null;
  // one that is redriven may report to the letter that it is redriven for
  const least = due && model.runs.get(step.runId)?.redriveOf === null ? 1 : 0;
  must(letters >= least && letters <= (due ? 1 : 0), `letters: ${step.id} has ${letters}`);
}

/** The holds that a queued step must have, from what it waits for. */
function heldBits(model: EngineModel, step: ModelStep): number {
  const waits = model.waits.filter((one) => one.stepId === step.id && one.status === "open");
  const asks = [...model.approvals.values()].some(
    (one) => one.stepId === step.id && one.status === "pending",
  );
  return (
    (step.depsLeft > 0 ? HOLD_BITS.dependency : 0) |
    (asks ? HOLD_BITS.approval : 0) |
    waits.reduce((mask, one) => mask | HOLD_BITS[WAIT_HOLD[one.kind]], 0)
  );
}

function runViolations(model: EngineModel, run: ModelRun, must: Must): void {
  const steps = [...model.steps.values()].filter((one) => one.runId === run.id);
  const left = steps.filter((one) => !isTerminalStep(one.status)).length;
  must(isTerminalRun(run.status) === (run.finishedAt !== null), `I1: ${run.id} is ${run.status}`);
  must(isTerminalRun(run.status) === (left === 0), `I11: ${run.id} is ${run.status}, ${left} left`);
  must(run.stepsLeft === left, `I11: ${run.id} counts ${run.stepsLeft}, has ${left} left`);
  must(run.stepCount === steps.length, `I11: ${run.id} counts ${run.stepCount} steps`);
  must((run.compensation !== "none") === (run.outcome !== null), `saga: ${run.id} outcome`);
  const past = steps.some((one) => one.pivot && one.status === "succeeded");
  must(!past || run.compensation === "none", `saga: ${run.id} undoes behind its pivot`);
  const ends = model.events.filter(
    (one) => one.runId === run.id && one.type === `run.${run.status}`,
  ).length;
  if (isTerminalRun(run.status)) must(ends === 1, `I12: ${run.id} tells of its end ${ends} times`);
}

/** What must not change, or only one way. */
export interface Snapshot {
  readonly steps: ReadonlyMap<string, Readonly<ModelStep>>;
  readonly stopped: ReadonlySet<string>;
  readonly checkpoints: readonly string[];
  readonly messages: readonly string[];
}

export function snapshotOf(model: EngineModel): Snapshot {
  return {
    steps: new Map([...model.steps].map(([id, step]) => [id, { ...step }])),
    stopped: new Set(
      [...model.runs.values()]
        .filter((run) => run.pausedAt !== null || run.cancelRequestedAt !== null)
        .map((run) => run.id),
    ),
    checkpoints: model.checkpoints.map((one) => JSON.stringify(one)),
    messages: model.messages.map((one) => `${one.id} ${one.consumedBy ?? ""}`),
  };
}

/** What breaks the invariants between a state and the next one. */
export function changeViolations(before: Snapshot, model: EngineModel): string[] {
  const found: string[] = [];
  for (const [id, old] of before.steps) {
    const step = stepOf(model, id);
    if (isTerminalStep(old.status)) {
      if (step.status !== old.status || step.output !== old.output || step.epoch !== old.epoch)
        found.push(`I2: ${id} was ${old.status}`);
    }
    if (step.epoch < old.epoch) found.push(`I3: ${id} epoch fell`);
    if (step.epoch > old.epoch) {
      if (old.leaseUntil !== null && step.epoch === old.epoch + 1 && step.crashes === old.crashes)
        found.push(`I3: ${id} was claimed while it was held`);
      const run = model.runs.get(step.runId);
      const stopped = before.stopped.has(step.runId);
      if (stopped && (step.undoOf === null || run?.pausedAt !== null))
        found.push(`I8: ${id} began in a run that was stopped`);
    }
  }
  const checkpoints = model.checkpoints.map((one) => JSON.stringify(one));
  before.checkpoints.forEach((one, i) => {
    if (checkpoints[i] !== one) found.push(`I5: checkpoint ${one} changed`);
  });
  before.messages.forEach((one, i) => {
    const now = model.messages[i];
    if (!one.endsWith(" ") && one !== `${now?.id} ${now?.consumedBy ?? ""}`)
      found.push(`messages: ${one} was taken twice`);
  });
  return found;
}
