import { z } from "zod";
import { ArtifactId, RunId, StepId } from "../vocabulary/ids.ts";
import { StepStatus } from "../vocabulary/statuses.ts";
import { Capability, StepName } from "../vocabulary/steps.ts";
import { storableText } from "../vocabulary/text.ts";
import { AgentStatus, RunnerPresence } from "./agents.ts";
import { ApprovalAnswer } from "./approvals.ts";
import { ArtifactName, Sha256 } from "./artifacts.ts";
import { Checkpoint } from "./checkpoints.ts";
import { Epoch, JsonValue, Timestamp } from "./values.ts";

export const MAX_CLAIM = 100;
export const MAX_CLAIM_WAIT_SECONDS = 25;

/** `POST /steps/claim`: waits until there is something to do, at most `waitSeconds`. */
export const ClaimRequest = z.strictObject({
  capabilities: z.array(Capability).min(1).max(100),
  max: z.int().min(1).max(MAX_CLAIM),
  waitSeconds: z.int().min(0).max(MAX_CLAIM_WAIT_SECONDS),
  worker: storableText(200, 1).meta({
    description: "The process that claims; shown to people, decides nothing",
  }),
  presence: RunnerPresence.optional(),
});
export type ClaimRequest = z.infer<typeof ClaimRequest>;

/** An artifact of a needed step. The address is signed and short-lived: read it while the lease lasts. */
export const NeededArtifact = z.object({
  id: ArtifactId,
  name: ArtifactName,
  contentType: z.string(),
  size: z.int().min(0),
  sha256: Sha256,
  url: z.url(),
});
export type NeededArtifact = z.infer<typeof NeededArtifact>;

/** A step that this one needs, as it ended. */
export const NeededStep = z.object({
  name: StepName,
  status: StepStatus,
  output: JsonValue,
  artifacts: z.array(NeededArtifact),
});
export type NeededStep = z.infer<typeof NeededStep>;

/** A step as it is handed to an agent, with what earlier attempts have stored. */
export const ClaimedStep = z.object({
  id: StepId,
  runId: RunId,
  name: StepName,
  title: z.string(),
  kind: z.literal("agent"),
  capability: Capability,
  epoch: Epoch,
  attempt: z.int().min(1),
  leaseUntil: Timestamp,
  input: z.record(z.string(), z.unknown()),
  checkpoints: z.array(Checkpoint),
  approvals: z.array(ApprovalAnswer),
  needs: z.array(NeededStep),
  correlationId: z.string(),
  traceparent: z.string().nullable(),
});
export type ClaimedStep = z.infer<typeof ClaimedStep>;

export const ClaimResponse = z.object({
  steps: z.array(ClaimedStep),
  leaseSeconds: z.number().positive(),
  status: AgentStatus.optional().meta({
    description: "Of the agent: one that is not active is given no steps, and need not ask soon",
  }),
});
export type ClaimResponse = z.infer<typeof ClaimResponse>;

export const Progress = z.strictObject({
  percent: z.number().min(0).max(100).optional(),
  note: storableText(500).optional(),
});
export type Progress = z.infer<typeof Progress>;

/** `POST /steps/{stepId}/heartbeat`: renews the lease and hears about a cancel. */
export const HeartbeatRequest = z.strictObject({ epoch: Epoch, progress: Progress.optional() });
export type HeartbeatRequest = z.infer<typeof HeartbeatRequest>;

export const HeartbeatResponse = z.object({
  leaseUntil: Timestamp,
  leaseSeconds: z.number().positive(),
  cancelRequested: z.boolean(),
});
export type HeartbeatResponse = z.infer<typeof HeartbeatResponse>;

export const MAX_HEARTBEATS = 500;

/**
 * `POST /steps/heartbeat`: renews what one process holds in one call. Each step is answered for by itself; one that is
 * held by somebody else, or by nobody any more, is no error here.
 */
export const HeartbeatsRequest = z.strictObject({
  steps: z
    .array(z.strictObject({ stepId: StepId, epoch: Epoch, progress: Progress.optional() }))
    .min(1)
    .max(MAX_HEARTBEATS)
    .refine((steps) => new Set(steps.map(({ stepId }) => stepId)).size === steps.length, {
      message: "names a step twice",
    }),
  worker: storableText(200, 1).optional(),
  presence: RunnerPresence.optional(),
});
export type HeartbeatsRequest = z.infer<typeof HeartbeatsRequest>;

export const HeartbeatsResponse = z.object({
  leaseSeconds: z.number().positive(),
  steps: z.array(
    z.object({
      stepId: StepId,
      held: z.boolean().meta({ description: "False: stop working on it" }),
      leaseUntil: Timestamp.nullable(),
      cancelRequested: z.boolean(),
    }),
  ),
});
export type HeartbeatsResponse = z.infer<typeof HeartbeatsResponse>;
