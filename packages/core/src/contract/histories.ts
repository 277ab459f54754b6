import { z } from "zod";
import { RunId, StepId } from "../vocabulary/ids.ts";
import { ApprovalStatus, RunStatus, StepStatus, ToolRunStatus } from "../vocabulary/statuses.ts";
import { Capability, StepName } from "../vocabulary/steps.ts";
import { WaitKind, WaitStatus } from "../vocabulary/waits.ts";
import { Timestamp } from "./values.ts";
import { MetWait } from "./waits.ts";

/** Of the form of a history: one of another version is refused by whoever reads it. */
export const HISTORY_VERSION = 1;

/** A question that a step asked, by its name, and what became of it. */
export const RecordedApproval = z.object({
  name: z.string(),
  question: z.string(),
  /** As they were asked. */
  arguments: z.record(z.string(), z.unknown()),
  /** What people made of them. */
  edited: z.record(z.string(), z.unknown()).nullable(),
  editable: z.record(z.string(), z.unknown()).nullable(),
  tool: z.string().nullable(),
  target: z.string().nullable(),
  status: ApprovalStatus,
  reason: z.string().nullable(),
});
export type RecordedApproval = z.infer<typeof RecordedApproval>;

/** Something that a step waited for, by its name; `met` when something came. */
export const RecordedWait = z.object({
  name: z.string(),
  options: z.array(
    z.object({
      option: z.string(),
      kind: WaitKind,
      topic: z.string().nullable(),
      key: z.string().nullable(),
      dueAt: Timestamp.nullable(),
      status: WaitStatus,
    }),
  ),
  met: MetWait.nullable(),
});
export type RecordedWait = z.infer<typeof RecordedWait>;

/** A step of a run as it stands, with everything that its code finds again by name. */
export const RecordedStep = z.object({
  id: StepId,
  name: StepName,
  /** The step that spawned it. */
  parent: StepName.nullable(),
  kind: z.string(),
  capability: Capability.nullable(),
  status: StepStatus,
  /** How often it was begun; beginning again after a wait counts too. */
  attempts: z.int().min(0),
  /** The number of the attempt that ended it, or of the one that goes on with it: failures and crashes count, waits do not. */
  attempt: z.int().min(1),
  /** Why it is not claimable, while it is queued. */
  holds: z.array(z.string()),
  needs: z.array(z.object({ name: StepName, required: z.boolean() })),
  input: z.record(z.string(), z.unknown()),
  output: z.unknown(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  checkpoints: z.array(z.object({ name: z.string(), value: z.unknown() })),
  approvals: z.array(RecordedApproval),
  waits: z.array(RecordedWait),
  /** Messages and events that it sent, by the names under which it sent them. */
  sent: z.array(z.object({ sentAs: z.string() })),
  tools: z.array(z.object({ name: z.string(), tool: z.string(), status: ToolRunStatus })),
});
export type RecordedStep = z.infer<typeof RecordedStep>;

/** What happened in a run so far, by name: what code needs to go on with it, or to be held against it. */
export const RunHistory = z.object({
  version: z.literal(HISTORY_VERSION),
  runId: RunId,
  status: RunStatus,
  recordedAt: Timestamp,
  steps: z.array(RecordedStep),
});
export type RunHistory = z.infer<typeof RunHistory>;
