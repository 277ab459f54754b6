import { z } from "zod";
import {
  ArtifactId,
  AttemptOutcome,
  CompensationId,
  CompensationStatus,
  DeadLetterId,
  Hold,
  PlanId,
  RunId,
  RunStatus,
  StepId,
  StepKind,
  StepName,
  StepStatus,
  UndoStatus,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

export const RunSummary = z.object({
  id: RunId,
  planId: PlanId.nullable().meta({
    description: "Null of a task, which has no plan, hence no version and no pack",
  }),
  planVersion: z.int().nullable(),
  pack: z.string().nullable(),
  title: z.string(),
  key: z.string().nullable().meta({ description: "Of a task: what it was submitted under" }),
  queue: z.string().nullable().meta({ description: "Of a task" }),
  status: RunStatus,
  compensation: CompensationStatus,
  steps: z.int(),
  stepsDone: z.int(),
  stepsFailed: z.int(),
  pendingApprovals: z.int(),
  waitingFor: z.string().nullable().meta({
    description:
      "One sentence: why none of its steps is at work; null while one is, and of a run that has ended",
  }),
  createdAt: Timestamp,
  createdBy: z.string(),
  startedAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
  pausedAt: Timestamp.nullable(),
  cancelRequestedAt: Timestamp.nullable(),
  archived: z.boolean().meta({
    description:
      "Moved to the history: it reads as before, and comes back when something goes on from it",
  }),
});
export type RunSummary = z.infer<typeof RunSummary>;
export const ListRunsInput = PageInput.extend({
  status: RunStatus.optional(),
  type: z.enum(["plan", "task"]).optional().meta({ description: "Runs of plans, or tasks" }),
});
export const RunPage = pageOf(RunSummary);

export const AttemptView = z.object({
  epoch: z.int(),
  executor: z.string(),
  startedAt: Timestamp,
  finishedAt: Timestamp.nullable(),
  outcome: AttemptOutcome.nullable(),
  errorCode: z.string().nullable(),
  workerVersion: z.string().nullable(),
  refusedAt: Timestamp.nullable().meta({
    description:
      "When a result of this attempt came too late and was refused: its lease had been lost",
  }),
  refusedOutcome: z.string().nullable(),
});

export const StepView = z.object({
  id: StepId,
  name: z.string(),
  title: z.string(),
  kind: StepKind,
  capability: z.string().nullable(),
  status: StepStatus,
  holds: z.array(Hold),
  waitingFor: z.string().nullable().meta({ description: "One sentence: why it is not moving" }),
  needs: z.array(z.string()),
  epoch: z.int(),
  failures: z.int(),
  crashes: z.int(),
  executor: z.string().nullable(),
  progress: z.object({ percent: z.number().nullable(), note: z.string().nullable() }).nullable(),
  sensitive: z.boolean(),
  sandbox: z.enum(["not sandboxed", "sandboxed"]).nullable(),
  with: z.record(z.string(), z.unknown()),
  output: z.unknown().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  x: z.number(),
  y: z.number(),
  queuedAt: Timestamp,
  startedAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
  runAt: Timestamp,
  deadlineAt: Timestamp.nullable(),
  cancelRequestedAt: Timestamp.nullable(),
  pivot: z.boolean().meta({ description: "Once it has succeeded the run is not undone any more" }),
  undoOf: StepId.nullable().meta({
    description: "Set on a compensation: whose effect it takes back",
  }),
  parentId: StepId.nullable().meta({ description: "The step that spawned this one" }),
  keptFrom: z.object({ runId: RunId, stepId: StepId }).nullable().meta({
    description: "Set where the result was taken over: the step that really ran",
  }),
  attempts: z.array(AttemptView),
});
export type StepView = z.infer<typeof StepView>;

/** One entry of the undo register: an effect that can be taken back, and what became of that. */
export const CompensationView = z.object({
  id: CompensationId,
  stepId: StepId,
  stepName: z.string(),
  name: z
    .string()
    .meta({ description: "Empty where the plan declared it, else the checkpoint's name" }),
  kind: StepKind,
  status: UndoStatus,
  undoStepId: StepId.nullable(),
  evidence: z.string().nullable(),
  resolvedBy: z.string().nullable(),
  registeredAt: Timestamp,
  endedAt: Timestamp.nullable(),
});
export type CompensationView = z.infer<typeof CompensationView>;

/** One run. `stepList` holds at most 500 steps, in plan order; `runs.steps` pages through all of them. */
export const RunView = RunSummary.extend({
  uuid: z.uuid().meta({ description: "The raw uuid: the realtime topic is named by it" }),
  workspace: z.string().nullable(),
  correlationId: z.string(),
  seq: z.int().meta({ description: "Event sequence this view was read at" }),
  outcome: z.enum(["failed", "cancelled"]).nullable().meta({
    description: "While it is undone: what the run will end as",
  }),
  compensate: z
    .boolean()
    .meta({ description: "Whether it is undone when it fails or is cancelled" }),
  undoOrder: z.enum(["completion", "dependency"]),
  forkedFrom: RunId.nullable(),
  redriveOf: DeadLetterId.nullable(),
  deadLetters: z.int().meta({ description: "Of its steps, open ones" }),
  compensations: z.array(CompensationView).meta({
    description: "The undo register in the order of registration, at most 500",
  }),
  stepList: z.array(StepView),
});
export type RunView = z.infer<typeof RunView>;
export const StepPage = pageOf(StepView);

export const LogLine = z.object({
  id: z.string(),
  stepId: StepId,
  stepName: z.string(),
  epoch: z.int(),
  at: Timestamp,
  stream: z.enum(["stdout", "stderr", "log", "system"]),
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;
export const ListLogsInput = PageInput.extend({
  stepId: StepId.optional(),
  tail: z.coerce.boolean().default(false),
});
export const LogPage = pageOf(LogLine);

export const ArtifactView = z.object({
  id: ArtifactId,
  runId: RunId,
  stepId: StepId,
  stepName: z.string(),
  name: z.string(),
  contentType: z.string(),
  size: z.int(),
  sha256: z.string(),
  createdAt: Timestamp,
  url: z.url().meta({ description: "Signed, good for an hour" }),
});
export type ArtifactView = z.infer<typeof ArtifactView>;
export const ArtifactList = z.object({ items: z.array(ArtifactView) });

const reason = z.string().trim().max(2_000).optional();

export const CancelRunInput = z.object({
  reason,
  compensate: z.boolean().optional().meta({
    description: "Undo what was done. As the run was started with, when absent",
  }),
});
export const CancelStepInput = z.object({ stepName: StepName, reason });
export const CancelStepResult = z.object({
  runId: RunId,
  stepId: StepId,
  stepName: z.string(),
  status: StepStatus.meta({
    description: "`assigned` or `running` until its executor has stopped",
  }),
});
export type CancelStepResult = z.infer<typeof CancelStepResult>;

const Edits = z.record(StepName, z.record(z.string(), z.unknown())).default({}).meta({
  description: "New arguments by step name. Somebody else has to approve them before the step runs",
});

/** A run that has ended, gone on with from these steps. What does not depend on them and is still in effect is kept. */
export const ForkRunInput = z.object({
  from: z.array(StepName).min(1).max(1_000),
  edits: Edits,
  keepCheckpoints: z.boolean().default(false).meta({
    description: "Steps that had not succeeded go on where they were, instead of from their start",
  }),
});
export const RerunRunInput = z.object({ edits: Edits });
export const ForkRunResult = z.object({
  runId: RunId,
  steps: z.int(),
  kept: z.int().meta({ description: "Steps whose results were taken over" }),
  pendingApprovals: z.int().meta({ description: "Questions that have to be answered first" }),
});
export type ForkRunResult = z.infer<typeof ForkRunResult>;
