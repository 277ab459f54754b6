import { z } from "zod";
import { ErrorClass, StepErrorCode } from "../errors/codes.ts";
import { StepStatus } from "../vocabulary/statuses.ts";
import { StorableJson, storableText } from "../vocabulary/text.ts";
import { Epoch, JsonValue } from "./values.ts";

/** What an agent may say about its failure; whether it is tried again follows from the code (STEP_ERROR_CLASS). */
export const AgentErrorCode = StepErrorCode.extract([
  "agent_error",
  "agent_permanent_error",
  "quota_exceeded",
]);
export type AgentErrorCode = z.infer<typeof AgentErrorCode>;

export const MAX_ERROR_MESSAGE = 4_000;

export const CompleteRequest = z.strictObject({ epoch: Epoch, output: JsonValue });
export type CompleteRequest = z.infer<typeof CompleteRequest>;

export const FailRequest = z.strictObject({
  epoch: Epoch,
  error: z.strictObject({
    code: AgentErrorCode,
    message: storableText(MAX_ERROR_MESSAGE, 1),
    data: StorableJson.optional(),
    stage: z
      .string()
      .regex(/^[a-z_]{1,32}$/)
      .optional()
      .meta({ description: "Where in the step it failed: input, handler, output, model…" }),
    at: storableText(200, 1)
      .optional()
      .meta({ description: "The checkpoint, approval, wait or child that it was in" }),
    class: ErrorClass.optional().meta({
      description:
        "As the agent sees it, for people and parents; whether it is tried again follows from the code",
    }),
    attempt: z.int().min(1).optional(),
  }),
  retryAfterSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .optional()
    .meta({ description: "Not sooner than this; ignored when the error is permanent" }),
});
export type FailRequest = z.infer<typeof FailRequest>;

/** Gives the step back untouched: it counts neither as a failure nor as a crash. */
export const ReleaseRequest = z.strictObject({ epoch: Epoch });
export type ReleaseRequest = z.infer<typeof ReleaseRequest>;

/** Where the step stands afterwards: a failure that is tried again reads `queued`. */
export const SettleResponse = z.object({ status: StepStatus });
export type SettleResponse = z.infer<typeof SettleResponse>;
