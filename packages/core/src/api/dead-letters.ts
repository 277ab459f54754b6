import { z } from "zod";
import {
  ApprovalId,
  CompensationId,
  DeadLetterId,
  DeadLetterReason,
  DeadLetterStage,
  DeadLetterStatus,
  PlanId,
  RedriveBatchId,
  RunId,
  StepId,
  StepKind,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

/** A step that failed for good, as a row of the list. */
export const DeadLetterSummary = z.object({
  id: DeadLetterId,
  status: DeadLetterStatus,
  stage: DeadLetterStage,
  reason: DeadLetterReason,
  runId: RunId,
  stepId: StepId,
  stepName: z.string(),
  title: z.string(),
  kind: StepKind,
  planId: PlanId.nullable().meta({ description: "Null of a task, as the pack" }),
  pack: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }),
  failures: z.int(),
  crashes: z.int(),
  version: z
    .int()
    .meta({ description: "Grows with every change; send it back to change this one" }),
  note: z.string().nullable(),
  redriveRunId: RunId.nullable().meta({ description: "The newest run that tries it again" }),
  firstAt: Timestamp,
  lastAt: Timestamp,
});
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>;

export const DeadLetterAttempt = z.object({
  epoch: z.int(),
  outcome: z.string().nullable(),
  errorCode: z.string().nullable(),
  message: z.string().nullable(),
  executor: z.string(),
  workerVersion: z.string().nullable(),
  claimedAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
});
export type DeadLetterAttempt = z.infer<typeof DeadLetterAttempt>;

/** All that is known of one. In `payload` what looks like a secret is masked unless it was asked to be revealed. */
export const DeadLetterView = DeadLetterSummary.extend({
  payload: z.record(z.string(), z.unknown()),
  masked: z
    .array(z.string())
    .meta({ description: "JSON pointers into `payload`: what is masked there" }),
  revealed: z.boolean(),
  history: z.array(DeadLetterAttempt),
  workerVersion: z.string().nullable(),
  correlationId: z.string(),
  triagedBy: z.string().nullable(),
  compensationId: CompensationId.nullable().meta({
    description: "Stage `compensate`: the entry of the undo register that could not be undone",
  }),
  pendingApprovalId: ApprovalId.nullable().meta({
    description: "A question about this one that other people have to answer first",
  }),
  actions: z
    .array(z.enum(["triage", "discard", "redrive", "resolve", "acceptLoss"]))
    .meta({ description: "What may be done about it now" }),
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;

/** What a bulk redrive and the list choose by. */
const Filter = z.object({
  stage: DeadLetterStage.optional(),
  reason: DeadLetterReason.optional(),
  runId: RunId.optional(),
  pack: z.string().max(128).optional(),
});

export const ListDeadLettersInput = PageInput.extend({
  ...Filter.shape,
  status: z
    .enum(["open", ...DeadLetterStatus.options, "all"])
    .default("open")
    .meta({
      description: "`open` is new, triaged and redriving",
    }),
});
export const DeadLetterPage = pageOf(DeadLetterSummary);
export type DeadLetterPage = z.infer<typeof DeadLetterPage>;

export const GetDeadLetterInput = z.object({ deadLetterId: DeadLetterId });

const version = z
  .int()
  .min(1)
  .optional()
  .meta({ description: "The version you saw. Refused with 409 `conflict` when it has changed" });
const reason = z.string().trim().min(1).max(2_000);

export const TriageDeadLetterInput = z.object({
  note: z.string().trim().max(4_000),
  version,
});
export const DiscardDeadLetterInput = z.object({ reason, version });

/** `with`: the step's arguments, edited. Somebody else then has to approve them before the step runs. */
export const RedriveDeadLetterInput = z.object({
  with: z.record(z.string(), z.unknown()).optional(),
  version,
});
export const RedriveDeadLetterResult = z.object({
  runId: RunId.meta({ description: "The run that tries it again" }),
  deadLetterIds: z.array(DeadLetterId).meta({
    description: "All that this run tries again: other dead letters of the same run go along",
  }),
  kept: z.int().meta({ description: "Steps whose results were taken over" }),
  pendingApprovals: z.int().meta({ description: "Questions that have to be answered first" }),
});
export type RedriveDeadLetterResult = z.infer<typeof RedriveDeadLetterResult>;

/** Stage `compensate` only: the effect was taken back by other means, and this is how one can see that. */
export const ResolveDeadLetterInput = z.object({
  evidence: z.string().trim().min(1).max(4_000),
  version,
});
/** Stage `compensate` only: the effect stays. Another person has to agree. */
export const AcceptLossInput = z.object({ reason, version });

export const AcceptLossResult = z.object({
  approvalId: ApprovalId.meta({ description: "The question that another person has to answer" }),
});
export type AcceptLossResult = z.infer<typeof AcceptLossResult>;

export const BulkRedriveInput = z.object({
  filter: Filter.default({}),
  limit: z.int().min(1).max(1_000).default(500),
  dryRun: z.boolean().default(false).meta({ description: "Count and show; redrive nothing" }),
  maxPerMinute: z.int().min(1).max(6_000).default(60),
  stopOnRepeat: z.boolean().default(true).meta({
    description: "Stop when more than 20 % of what was redriven fails again",
  }),
});
export const BulkRedriveResult = z.object({
  batchId: RedriveBatchId.nullable().meta({ description: "Null for a dry run" }),
  matched: z.int(),
  byReason: z.record(z.string(), z.int()),
  sample: z
    .array(DeadLetterSummary)
    .meta({ description: "The first ten, in the order of redriving" }),
  minutes: z.number().meta({ description: "How long it takes at `maxPerMinute`" }),
});
export type BulkRedriveResult = z.infer<typeof BulkRedriveResult>;

export const RedriveBatchView = z.object({
  id: RedriveBatchId,
  status: z.enum(["running", "done", "stopped"]),
  total: z.int(),
  waiting: z.int(),
  redriving: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  skipped: z
    .int()
    .meta({ description: "Changed by somebody else, or not to be redriven any more" }),
  maxPerMinute: z.int(),
  stopOnRepeat: z.boolean(),
  createdAt: Timestamp,
  createdBy: z.string(),
  endedAt: Timestamp.nullable(),
});
export type RedriveBatchView = z.infer<typeof RedriveBatchView>;
export const RedriveBatchPage = pageOf(RedriveBatchView);
export const StopBatchInput = z.object({ batchId: RedriveBatchId });
