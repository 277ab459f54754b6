import { z } from "zod";
import { JsonValue } from "../contract/values.ts";
import {
  ApprovalId,
  Channel,
  ExternalEventId,
  ExternalEventKey,
  ExternalEventName,
  MessageId,
  PersonQuestion,
  RunId,
  StepId,
  WaitId,
  WaitKind,
  WaitStatus,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

export const WaitView = z.object({
  id: WaitId,
  runId: RunId,
  stepId: StepId,
  stepName: z.string(),
  name: z.string().meta({ description: "Options of one name wait together: the first is met" }),
  option: z.string(),
  kind: WaitKind,
  topic: z.string().nullable().meta({ description: "The event's name or the message's channel" }),
  key: z.string().nullable(),
  dueAt: Timestamp.nullable(),
  question: PersonQuestion.nullable(),
  approvalId: ApprovalId.nullable(),
  status: WaitStatus,
  createdAt: Timestamp,
  endedAt: Timestamp.nullable(),
  canAnswer: z.boolean().meta({ description: "It is a question that you may answer now" }),
});
export type WaitView = z.infer<typeof WaitView>;

export const ListWaitsInput = PageInput.extend({
  runId: RunId.optional(),
  kind: WaitKind.optional(),
  status: z.enum(["open", "all"]).default("open"),
});
export const WaitPage = pageOf(WaitView);
export type WaitPage = z.infer<typeof WaitPage>;

export const AnswerWaitInput = z.object({
  answer: JsonValue.meta({ description: "One of the choices, where the question has some" }),
});

export const SendEventInput = z.object({
  name: ExternalEventName,
  key: ExternalEventKey.optional().meta({
    description: "What it is about; waits with a key take no other",
  }),
  payload: JsonValue.default(null),
  runId: RunId.optional().meta({ description: "Only for waits of this run" }),
});

export const SentEvent = z.object({
  eventId: ExternalEventId,
  waiting: z.int().meta({ description: "How many open waits it was for; later ones find it too" }),
});
export type SentEvent = z.infer<typeof SentEvent>;

export const SendMessageInput = z.object({
  channel: Channel.default("default"),
  payload: JsonValue,
});

export const SentMessage = z.object({ messageId: MessageId });
export type SentMessage = z.infer<typeof SentMessage>;
