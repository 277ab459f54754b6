import { z } from "zod";
import { ApprovalId, ExternalEventId, MessageId, StepId } from "../vocabulary/ids.ts";
import { ApprovalStatus, StepStatus } from "../vocabulary/statuses.ts";
import { StepName } from "../vocabulary/steps.ts";
import {
  differentOptions,
  exactlyOne,
  MAX_WAIT_OPTIONS,
  WAIT_TARGETS,
  WaitOptionName,
  WaitSeconds,
} from "../vocabulary/waits.ts";
import { Tombstone } from "./agent-messages.ts";
import { CheckpointName } from "./checkpoints.ts";
import { Epoch, Timestamp } from "./values.ts";

/** As many as a step can have. */
const MAX_CHILDREN = 1_000;

const TARGETS = {
  ...WAIT_TARGETS,
  children: z
    .union([z.literal(true), z.array(StepName).min(1).max(MAX_CHILDREN)])
    .optional()
    .meta({ description: "Until these children of the step have ended, by name; all, with true" }),
};

export const WaitOptionRequest = z
  .strictObject({ option: WaitOptionName, ...TARGETS })
  .superRefine(exactlyOne(Object.keys(TARGETS)));
export type WaitOptionRequest = z.infer<typeof WaitOptionRequest>;

/** `POST /steps/{stepId}/waits`: waits for the first of these, once per name. Asking again returns what was met. */
export const WaitRequest = z.strictObject({
  epoch: Epoch,
  name: CheckpointName,
  options: z.array(WaitOptionRequest).min(1).max(MAX_WAIT_OPTIONS).superRefine(differentOptions),
  timeoutSeconds: WaitSeconds.optional().meta({
    description: "After this, counted from the first asking, the option `timed_out` is met",
  }),
});
export type WaitRequest = z.infer<typeof WaitRequest>;

export const EndedChild = z.object({
  name: StepName,
  stepId: StepId,
  status: StepStatus,
  output: z.unknown(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      data: z.record(z.string(), z.unknown()).optional(),
      stage: z.string().optional(),
      at: z.string().optional(),
      class: z.string().optional(),
      attempt: z.int().optional(),
    })
    .nullable(),
});
export type EndedChild = z.infer<typeof EndedChild>;

export const ReceivedEvent = z.object({
  eventId: ExternalEventId,
  name: z.string(),
  key: z.string().nullable(),
  sentAt: Timestamp,
  payload: z.unknown(),
});
export type ReceivedEvent = z.infer<typeof ReceivedEvent>;

export const ReceivedMessage = z.object({
  messageId: MessageId,
  /** Null when people sent it. */
  fromStep: StepId.nullable(),
  channel: z.string(),
  sentAt: Timestamp,
  payload: z.unknown(),
  /** What is left of one that was redacted before it was taken. */
  redacted: Tombstone.optional(),
});
export type ReceivedMessage = z.infer<typeof ReceivedMessage>;

const option = z.string();

/** What a step waited for: which option, and what came with it. */
export const MetWait = z.discriminatedUnion("kind", [
  z.object({ option, kind: z.literal("timer"), payload: z.null() }),
  z.object({ option, kind: z.literal("event"), payload: ReceivedEvent }),
  z.object({ option, kind: z.literal("message"), payload: ReceivedMessage }),
  z.object({ option, kind: z.literal("children"), payload: z.array(EndedChild) }),
  z.object({
    option,
    kind: z.literal("person"),
    payload: z.object({ answer: z.unknown(), by: z.string(), at: Timestamp }),
  }),
  z.object({
    option,
    kind: z.literal("approval"),
    payload: z.object({
      approvalId: ApprovalId,
      status: ApprovalStatus,
      arguments: z.record(z.string(), z.unknown()),
      reason: z.string().nullable(),
    }),
  }),
]);
export type MetWait = z.infer<typeof MetWait>;

/**
 * `pending`: the server has put the step on hold and ended the lease, so the agent stops here without settling. When
 * something is met the step is claimed anew, and asking again returns it.
 */
export const WaitResponse = z.discriminatedUnion("status", [
  z.object({ status: z.literal("pending") }),
  z.object({ status: z.literal("met"), met: MetWait }),
]);
export type WaitResponse = z.infer<typeof WaitResponse>;
