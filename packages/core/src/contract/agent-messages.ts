import { z } from "zod";
import { MessageId, StepId } from "../vocabulary/ids.ts";
import { storableText } from "../vocabulary/text.ts";
import { Channel } from "../vocabulary/waits.ts";
import { Epoch, JsonValue } from "./values.ts";

/** `POST /steps/{stepId}/messages`: to another step of the same run, which takes messages of a channel in order. */
export const MessageRequest = z.strictObject({
  epoch: Epoch,
  to: StepId,
  channel: Channel.default("default"),
  payload: JsonValue,
  sentAs: storableText(512, 1).meta({
    description: "What the sending step sends again under this name is not stored again",
  }),
});
export type MessageRequest = z.infer<typeof MessageRequest>;

export const MessageResponse = z.object({ messageId: MessageId });
export type MessageResponse = z.infer<typeof MessageResponse>;
