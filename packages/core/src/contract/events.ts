import { z } from "zod";
import { ExternalEventId } from "../vocabulary/ids.ts";
import { ExternalEventKey, ExternalEventName } from "../vocabulary/waits.ts";
import { storableText } from "../vocabulary/text.ts";
import { Epoch, JsonValue } from "./values.ts";

/**
 * `POST /steps/{stepId}/events`: tells the steps of this tenant that wait for it, and keeps it for those that ask later. Sent
 * once under a name: that it was sent is a checkpoint of the step, stored in the same transaction.
 */
export const EmitRequest = z.strictObject({
  epoch: Epoch,
  name: storableText(190, 1).meta({ description: "What names this in its step, across retries" }),
  event: ExternalEventName,
  key: ExternalEventKey.optional(),
  payload: JsonValue,
});
export type EmitRequest = z.infer<typeof EmitRequest>;

export const EmitResponse = z.object({ eventId: ExternalEventId, created: z.boolean() });
export type EmitResponse = z.infer<typeof EmitResponse>;
