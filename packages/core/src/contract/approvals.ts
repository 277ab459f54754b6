import { z } from "zod";
import { ToolName } from "../vocabulary/steps.ts";
import { StorableJson, storableText } from "../vocabulary/text.ts";
import { CheckpointName } from "./checkpoints.ts";
import { Epoch } from "./values.ts";

/** `POST /steps/{stepId}/approvals`: asks people, once per name. Asking again returns what became of it. */
export const ApprovalRequest = z.strictObject({
  epoch: Epoch,
  name: CheckpointName,
  question: storableText(2_000, 1),
  details: StorableJson.optional().meta({
    description: "The exact arguments that people are to approve",
  }),
  expiresInSeconds: z.int().min(60).max(2_592_000).optional(),
  editable: StorableJson.optional().meta({
    description: "JSON Schema of what people may edit the arguments to; nothing, without one",
  }),
  tool: ToolName.optional().meta({
    description:
      "A tool of the catalogue: the yes is a grant for one use of it with exactly these arguments, by this step",
  }),
  target: storableText(500, 1)
    .optional()
    .meta({ description: "What the tool acts on, where the arguments do not say it" }),
});
export type ApprovalRequest = z.infer<typeof ApprovalRequest>;

const reason = z.string().optional();

export const ApprovalPending = z.object({ name: CheckpointName, status: z.literal("pending") });

/** People decided as asked. */
export const ApprovalApproved = z.object({
  name: CheckpointName,
  status: z.literal("approved"),
  reason,
});

/** People approved other arguments than those asked for: use these. */
export const ApprovalModified = z.object({
  name: CheckpointName,
  status: z.literal("modified"),
  reason,
  arguments: z.record(z.string(), z.unknown()),
});

export const ApprovalRejected = z.object({
  name: CheckpointName,
  status: z.literal("rejected"),
  reason,
});
export const ApprovalExpired = z.object({
  name: CheckpointName,
  status: z.literal("expired"),
  reason,
});

/** The question no longer stands: what it was about has changed, or it was withdrawn. */
export const ApprovalSuperseded = z.object({
  name: CheckpointName,
  status: z.literal("superseded"),
  reason,
});

/** What became of a question: the five ends that a handler sees. */
export const ApprovalDecision = z.discriminatedUnion("status", [
  ApprovalApproved,
  ApprovalModified,
  ApprovalRejected,
  ApprovalExpired,
  ApprovalSuperseded,
]);
export type ApprovalDecision = z.infer<typeof ApprovalDecision>;

/**
 * `pending`: the server has put the step on hold `approval` and ended the lease, so the agent stops here without
 * settling. After the decision the step is claimed anew, with its checkpoints and the decision in `approvals`.
 */
export const ApprovalAnswer = z.discriminatedUnion("status", [
  ApprovalPending,
  ApprovalApproved,
  ApprovalModified,
  ApprovalRejected,
  ApprovalExpired,
  ApprovalSuperseded,
]);
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;
