import { z } from "zod";
import {
  ArtifactId,
  AttemptOutcome,
  CompensationStatus,
  Hold,
  PlanId,
  RunId,
  RunStatus,
  StepId,
  StepKind,
  StepStatus,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

export const RunSummary = z.object({
  id: RunId,
  planId: PlanId,
  planVersion: z.int(),
  pack: z.string(),
  title: z.string(),
  status: RunStatus,
  compensation: CompensationStatus,
  steps: z.int(),
  stepsDone: z.int(),
  stepsFailed: z.int(),
  pendingApprovals: z.int(),
  createdAt: Timestamp,
  createdBy: z.string(),
  startedAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
});
export type RunSummary = z.infer<typeof RunSummary>;
export const ListRunsInput = PageInput.extend({ status: RunStatus.optional() });
export const RunPage = pageOf(RunSummary);

export const AttemptView = z.object({
  epoch: z.int(),
  executor: z.string(),
  startedAt: Timestamp,
  finishedAt: Timestamp.nullable(),
  outcome: AttemptOutcome.nullable(),
  errorCode: z.string().nullable(),
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
  attempts: z.array(AttemptView),
});
export type StepView = z.infer<typeof StepView>;

/** One run. `stepList` holds at most 500 steps, in plan order; `runs.steps` pages through all of them. */
export const RunView = RunSummary.extend({
  uuid: z.uuid().meta({ description: "The raw uuid: the realtime topic is named by it" }),
  workspace: z.string().nullable(),
  correlationId: z.string(),
  seq: z.int().meta({ description: "Event sequence this view was read at" }),
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
