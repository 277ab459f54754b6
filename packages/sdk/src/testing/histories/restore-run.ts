import { canonicalJson } from "@nofx/core/canonical";
import type { MetWait, RecordedStep, RunHistory } from "@nofx/core/contract";
import type { ModelStep } from "@nofx/core/model";
import { HOLD_BITS, isTerminalStep } from "@nofx/core/vocabulary";
import { noteQuestion } from "../plane/questions.ts";
import type { PlaneState } from "../plane/state.ts";

/**
 * Writes a recorded run into a plane, as it stood, and makes one of its steps claimable: code that asks there for what was recorded
 * finds it by name. No other step moves.
 */
export function restoreRun(state: PlaneState, history: RunHistory, chosen: RecordedStep): void {
  const { model, ids } = state;
  const known = new Set(history.steps.map(({ name }) => name));
  const idOf = new Map(history.steps.map(({ name, id }) => [name, id]));
  ids.know("run", history.runId, history.runId);
  model.runs.set(history.runId, {
    id: history.runId,
    tenantId: "tenant",
    createdAt: 0,
    status: "running",
    compensation: "none",
    outcome: null,
    compensate: false,
    undoOrder: "completion",
    stepCount: history.steps.length,
    stepsLeft: history.steps.length + 1,
    stepsFailed: 0,
    cancelRequestedAt: null,
    pausedAt: null,
    startedAt: 0,
    finishedAt: null,
    forkedFrom: null,
    workspaceRun: null,
    redriveOf: null,
  });
  for (const step of history.steps) {
    ids.know("step", step.id, step.id);
    const children = history.steps.filter((one) => one.parent === step.name);
    model.steps.set(step.id, {
      ...rowOf(step, history.runId, step === chosen),
      parentId: step.parent === null ? null : (idOf.get(step.parent) ?? null),
      childrenLeft: children.filter((one) => !isTerminalStep(one.status)).length,
    });
    for (const need of step.needs) {
      if (!known.has(need.name)) continue;
      const dependsOn = idOf.get(need.name) ?? "";
      model.dependencies.push({ stepId: step.id, dependsOn, required: need.required });
    }
  }
  restoreNames(state, chosen, history.runId);
}

function rowOf(step: RecordedStep, runId: string, isChosen: boolean): ModelStep {
  return {
    id: step.id,
    tenantId: "tenant",
    runId,
    parentId: null,
    undoOf: null,
    keptFrom: null,
    name: step.name,
    handler: `${step.kind}@1`,
    executor: step.kind === "agent" ? "agent" : "worker",
    capability: step.capability,
    priority: 3,
    arguments: { capability: step.capability, input: step.input },
    undo: null,
    pivot: false,
    sensitive: false,
    status: isChosen || !isTerminalStep(step.status) ? "queued" : step.status,
    holds: isChosen ? 0 : HOLD_BITS.paused,
    depsLeft: 0,
    childrenLeft: 0,
    runAt: 0,
    epoch: Math.max(0, step.attempts),
    leaseOwner: null,
    leaseUntil: null,
    cancelRequested: false,
    failures: step.attempt - 1,
    crashes: 0,
    maxFailures: step.attempt + 1,
    maxCrashes: 2,
    deadlineMs: Number.MAX_SAFE_INTEGER,
    deadlineAt: null,
    heldAt: null,
    output: step.output,
    error: null,
    createdAt: 0,
    startedAt: null,
    finalisedAt: null,
  };
}

function restoreNames(state: PlaneState, step: RecordedStep, runId: string): void {
  const { model } = state;
  const stepId = step.id;
  for (const { name, value } of step.checkpoints) {
    model.checkpoints.push({ stepId, name, value, epoch: 0 });
  }
  for (const one of step.approvals) {
    const id = `recorded-approval-${++model.seq}`;
    const digest = digestOf(one);
    const { name, status } = one;
    model.approvals.set(id, { id, subject: "step", stepId, name, digest, status });
    noteQuestion(state, id, {
      stepId,
      name,
      question: one.question,
      arguments: one.arguments,
      editable: one.editable ?? undefined,
      tool: one.tool ?? undefined,
      expiresAt: Infinity,
    });
    const question = state.questions.get(id);
    if (question === undefined) continue;
    question.edited = one.edited ?? undefined;
    question.reason = one.reason;
  }
  for (const one of step.waits) restoreWait(state, step, one, runId);
  for (const { name, tool, status } of step.tools) {
    const uses = state.uses.get(stepId) ?? new Map();
    state.uses.set(stepId, uses);
    uses.set(name, { id: state.ids.make("toolRun"), tool, digest: "", edited: undefined, status });
  }
}

function restoreWait(
  state: PlaneState,
  { id: stepId }: RecordedStep,
  { name, options, met }: RecordedStep["waits"][number],
  runId: string,
): void {
  const { model } = state;
  for (const [position, { option, kind, topic, key, status }] of options.entries()) {
    const id = `recorded-wait-${++model.seq}`;
    const isMet = status === "met" && met !== null;
    model.waits.push({
      id,
      runId,
      stepId,
      name,
      option,
      position,
      kind,
      topic,
      key,
      dueAt: kind === "timer" ? Number.MAX_SAFE_INTEGER : null,
      approvalId: kind === "approval" ? id : null,
      status,
      payload: null,
      source: id,
    });
    if (kind === "approval") {
      const question = `${name} · ${option}`;
      const pending = isMet ? "approved" : status === "open" ? "pending" : "cancelled";
      model.approvals.set(id, {
        id,
        subject: "step",
        stepId,
        name: question,
        digest: "",
        status: pending,
      });
    }
    if (isMet) state.recordedMet.set(id, met satisfies MetWait);
  }
}

/** What an answer was bound to, in the words of this plane. */
function digestOf(one: RecordedStep["approvals"][number]): string {
  return one.tool === null
    ? canonicalJson([one.question, one.arguments])
    : canonicalJson([one.tool, "1", one.target, one.arguments]);
}
