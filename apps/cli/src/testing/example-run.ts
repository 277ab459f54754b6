import type { ApprovalView, RunView, StepView } from "@nofx/core/api";

const AT = "2026-01-01T00:00:00.000Z";
const ID = "01ktm4q9h3e1q8m3v5x7z9b2c4";

export function aStep(overrides: Partial<StepView> = {}): StepView {
  return {
    id: `step_${ID}`,
    name: "check",
    title: "Check",
    kind: "shell",
    capability: null,
    status: "queued",
    holds: [],
    waitingFor: null,
    needs: [],
    epoch: 0,
    failures: 0,
    crashes: 0,
    executor: null,
    progress: null,
    sensitive: false,
    sandbox: null,
    with: {},
    output: null,
    error: null,
    x: 0,
    y: 0,
    queuedAt: AT,
    startedAt: null,
    finishedAt: null,
    runAt: AT,
    deadlineAt: null,
    cancelRequestedAt: null,
    pivot: false,
    undoOf: null,
    parentId: null,
    keptFrom: null,
    attempts: [],
    ...overrides,
  };
}

/** A step that took so long. */
export function aDoneStep(name: string, ms: number, overrides: Partial<StepView> = {}): StepView {
  return aStep({
    name,
    status: "succeeded",
    epoch: 1,
    attempts: [
      {
        epoch: 1,
        executor: "worker",
        startedAt: AT,
        finishedAt: new Date(Date.parse(AT) + ms).toISOString(),
        outcome: "succeeded",
        errorCode: null,
        workerVersion: null,
        refusedAt: null,
        refusedOutcome: null,
      },
    ],
    ...overrides,
  });
}

export function aRun(steps: StepView[], overrides: Partial<RunView> = {}): RunView {
  return {
    id: `run_${ID}`,
    planId: `plan_${ID}`,
    planVersion: 1,
    pack: "release-train",
    title: "Release train",
    key: null,
    queue: null,
    status: "running",
    compensation: "none",
    steps: steps.length,
    stepsDone: steps.filter((step) => step.status === "succeeded").length,
    stepsFailed: 0,
    pendingApprovals: 0,
    createdAt: AT,
    createdBy: "Olga Operator",
    startedAt: AT,
    finishedAt: null,
    pausedAt: null,
    cancelRequestedAt: null,
    uuid: "019a0000-0000-7000-8000-000000000000",
    workspace: null,
    correlationId: "019a0000-0000-7000-8000-000000000001",
    seq: 1,
    outcome: null,
    compensate: true,
    undoOrder: "completion",
    forkedFrom: null,
    redriveOf: null,
    archived: false,
    deadLetters: 0,
    compensations: [],
    stepList: steps,
    ...overrides,
  };
}

export function anApproval(overrides: Partial<ApprovalView> = {}): ApprovalView {
  return {
    id: `approval_${ID}`,
    subject: "plan_step",
    status: "pending",
    title: "Publish",
    question: "May it run?",
    why: "It is sensitive.",
    arguments: {},
    argumentsDigest: "d",
    planId: null,
    planTitle: null,
    runId: null,
    stepId: null,
    stepName: null,
    requestedBy: "Olga Operator",
    requestedAt: AT,
    expiresAt: AT,
    decidedAt: null,
    decisions: [],
    blocking: false,
    canDecide: true,
    cannotDecideBecause: null,
    ...overrides,
  };
}
