import { z } from "zod";
import { AgentWith } from "../vocabulary/steps.ts";
import { storableText } from "../vocabulary/text.ts";
import { Epoch, JsonValue } from "./values.ts";

/** Names of checkpoints and approvals: plain text, unique within their step. */
export const CheckpointName = storableText(200, 1);

export const Checkpoint = z.object({ name: CheckpointName, value: JsonValue });
export type Checkpoint = z.infer<typeof Checkpoint>;

/**
 * What takes the effect of a checkpoint back, registered with its value: a step for an agent, run when the run fails or is
 * cancelled. Commands and requests that undo belong into the plan, where the gates and people see them.
 */
export const CheckpointUndo = z.strictObject({ kind: z.literal("agent"), with: AgentWith });
export type CheckpointUndo = z.infer<typeof CheckpointUndo>;

/** `POST /steps/{stepId}/checkpoints`: the first value stored under a name stays. */
export const CheckpointRequest = z.strictObject({
  epoch: Epoch,
  name: CheckpointName,
  value: JsonValue,
  undo: CheckpointUndo.optional(),
});
export type CheckpointRequest = z.infer<typeof CheckpointRequest>;

/** The stored value: the one just sent when `created`, else the one that was there. */
export const CheckpointResponse = z.object({
  name: CheckpointName,
  value: JsonValue,
  created: z.boolean(),
});
export type CheckpointResponse = z.infer<typeof CheckpointResponse>;
