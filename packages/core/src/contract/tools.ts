import { z } from "zod";
import { ToolRunId } from "../vocabulary/ids.ts";
import { ToolRunStatus } from "../vocabulary/statuses.ts";
import { ToolVersion } from "../vocabulary/steps.ts";
import { StorableJson, storableText } from "../vocabulary/text.ts";
import { Epoch, JsonValue } from "./values.ts";

const UseName = storableText(190, 1);

/**
 * `POST /steps/{stepId}/tools/{tool}/begin`: notes the intent to use a tool, once per name. One that needs people's yes begins only
 * with an unused grant for exactly these arguments, this target and the version that holds now; otherwise 409
 * `approval_required`: ask, and begin again.
 */
export const ToolBeginRequest = z.strictObject({
  epoch: Epoch,
  name: UseName.meta({
    description: "The use, inside its step: the same name is the same use",
  }),
  arguments: StorableJson,
  target: storableText(500, 1).optional(),
});
export type ToolBeginRequest = z.infer<typeof ToolBeginRequest>;

export const ToolBegun = z.object({
  toolRunId: ToolRunId,
  toolVersion: ToolVersion,
  status: ToolRunStatus.meta({
    description:
      "`intended`: use it now. Anything else: it was begun before; `unknown` when nobody can say how far it came",
  }),
  arguments: z.record(z.string(), z.unknown()).optional().meta({
    description: "What people made of the arguments, where it was begun before with that",
  }),
});
export type ToolBegun = z.infer<typeof ToolBegun>;

/** The checkpoint that holds the result of a use. */
export function toolCheckpoint(name: string): string {
  return `tool ${name}`;
}

/**
 * `POST /steps/{stepId}/tools/{tool}/end`: how the use of that name ended. A result is stored as the checkpoint
 * `tool <name>` in the same transaction, so a step that is begun again has both or neither; the use itself keeps its digest.
 */
export const ToolEndRequest = z.strictObject({
  epoch: Epoch,
  name: UseName,
  status: z.enum(["succeeded", "failed"]),
  result: JsonValue.optional(),
  errorCode: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/)
    .optional(),
});
export type ToolEndRequest = z.infer<typeof ToolEndRequest>;

export const ToolEnded = z.object({ toolRunId: ToolRunId, status: ToolRunStatus });
export type ToolEnded = z.infer<typeof ToolEnded>;
