import { z } from "zod";
import { Address, ChannelPattern } from "../bus/index.ts";
import { BusType, OwnType, References } from "../bus/message-type.ts";
import { RetentionClass } from "../bus/retention-class.ts";
import {
  AgentId,
  ApprovalId,
  ConversationId,
  MessageId,
  RunId,
  SessionId,
  StepId,
} from "../vocabulary/ids.ts";
import { StorableJson, storableText } from "../vocabulary/text.ts";
import { Channel } from "../vocabulary/waits.ts";
import { Epoch, JsonValue, Timestamp } from "./values.ts";

export { Address, BusType, OwnType, References, RetentionClass };

const SentAs = storableText(512, 1).meta({
  description: "What the same sender sends again under this name is not stored again",
});

/** `POST /steps/{stepId}/messages`: to another step of the same run, which takes messages of a channel in order. */
export const MessageRequest = z.strictObject({
  epoch: Epoch,
  to: StepId,
  channel: Channel.default("default"),
  payload: JsonValue,
  sentAs: SentAs,
});
export type MessageRequest = z.infer<typeof MessageRequest>;

export const MessageResponse = z.object({ messageId: MessageId });
export type MessageResponse = z.infer<typeof MessageResponse>;

/** The step that an agent holds and sends or reads as. */
export const HeldStep = z.strictObject({ step: StepId, epoch: Epoch });
export type HeldStep = z.infer<typeof HeldStep>;

/** The key of a shared board, like `candidates/3` or `winner`. */
export const BoardKey = storableText(200, 1);

const content = {
  type: BusType.default("message.sent"),
  payload: JsonValue,
  class: RetentionClass.default("standard"),
  refs: References.optional(),
  causedBy: MessageId.optional().meta({ description: "The message that led to this one" }),
};

/**
 * `POST /messages`: to a step, an agent, a session, a run or, with none of them, to a channel of the tenant. What goes to a step, a
 * session or a run is sent as a step that the agent holds (`from`).
 */
export const SendRequest = z.strictObject({
  from: HeldStep.optional(),
  to: Address,
  ...content,
  sentAs: SentAs,
  key: BoardKey.optional().meta({
    description: "The message is the value of this key of the conversation from now on",
  }),
  expect: z.int().min(0).optional().meta({
    description: "Only where the key's value is the message of this seq; 0: where it has none",
  }),
});
export type SendRequest = z.infer<typeof SendRequest>;

export const SendResponse = z.object({
  messageId: MessageId,
  conversationId: ConversationId,
  /** Its place in the conversation: 1, 2, 3 and so on without gaps. */
  seq: z.int().min(1),
  /** Where answers to it come in: a channel of the sending step's mailbox. Null where no step sent it. */
  replyChannel: Channel.nullable(),
  /** Of an escalation: the question that people answer. Their answer comes in on the replyChannel. */
  approvalId: ApprovalId.optional(),
});
export type SendResponse = z.infer<typeof SendResponse>;

/** `POST /messages/{messageId}/reply`: to whoever sent it, caused by it and of its correlation. */
export const ReplyRequest = z.strictObject({
  from: HeldStep.optional(),
  ...content,
  type: BusType.default("reply.given"),
  sentAs: SentAs,
});
export type ReplyRequest = z.infer<typeof ReplyRequest>;

export const MessageSender = z.object({
  kind: z.enum(["agent", "member", "system"]),
  name: z.string(),
  agentId: AgentId.nullable(),
  stepId: StepId.nullable(),
});
export type MessageSender = z.infer<typeof MessageSender>;

/** What is left of a message whose content was destroyed. */
export const Tombstone = z.object({
  at: Timestamp,
  by: z.string(),
  why: z.string(),
  /** SHA-256 of what stood there, as canonical JSON. */
  contentHash: z.string(),
});
export type Tombstone = z.infer<typeof Tombstone>;

export const BusMessage = z.object({
  messageId: MessageId,
  conversationId: ConversationId,
  seq: z.int().min(1),
  to: z.object({
    run: RunId.nullable(),
    session: SessionId.nullable(),
    step: StepId.nullable(),
    agent: AgentId.nullable(),
    channel: z.string(),
  }),
  type: z.string(),
  version: z.int(),
  from: MessageSender,
  correlationId: z.uuid(),
  causedBy: MessageId.nullable(),
  sentAt: Timestamp,
  class: RetentionClass,
  refs: References.nullable(),
  key: z.string().nullable(),
  /** Null where it was redacted whole. */
  payload: z.unknown(),
  redacted: Tombstone.nullable(),
});
export type BusMessage = z.infer<typeof BusMessage>;

/**
 * `POST /messages/read`: what a reader has not read yet, in order. It is told of a message again until it says that it is done with it
 * (`done`), so a reader that dies loses nothing; `seq` tells it what it has seen.
 */
export const ReadRequest = z.strictObject({
  as: HeldStep.optional(),
  of: Address,
  reader: storableText(100, 1).default("default").meta({
    description: "Each reader of an agent has a place of its own in a conversation",
  }),
  done: z.int().min(0).optional().meta({
    description: "All up to this seq is done with: the place moves there, never back",
  }),
  from: z.int().min(1).optional().meta({
    description: "Read again from this seq on, wherever the reader's place is; the place stays",
  }),
  max: z.int().min(1).max(200).default(50),
  waitSeconds: z.number().min(0).max(30).default(0),
});
export type ReadRequest = z.infer<typeof ReadRequest>;

export const ReadResponse = z.object({
  messages: z.array(BusMessage),
  /** The reader's place: all up to it is done with. */
  done: z.int().min(0),
  /** The newest seq of the conversation. */
  head: z.int().min(0),
  /** The oldest that is still kept; null where nothing is. */
  oldest: z.int().min(1).nullable(),
  /** Messages that this reader had read and that were redacted since its last call: whatever it keeps of them has to go. */
  redacted: z.array(MessageId),
});
export type ReadResponse = z.infer<typeof ReadResponse>;

/** `POST /messages/board`: what stands under each key now, and what was posted without one after a seq. */
export const BoardRequest = z.strictObject({
  as: HeldStep,
  session: SessionId,
  after: z.int().min(0).default(0),
});
export type BoardRequest = z.infer<typeof BoardRequest>;

export const BoardResponse = z.object({
  head: z.int().min(0),
  entries: z.array(BusMessage),
});
export type BoardResponse = z.infer<typeof BoardResponse>;

/** `POST /messages/types`: a type of the tenant's own, from now on with a schema. Told again it is the next version. */
export const RegisterTypeRequest = z.strictObject({ name: OwnType, schema: StorableJson });
export type RegisterTypeRequest = z.infer<typeof RegisterTypeRequest>;

export const RegisterTypeResponse = z.object({
  name: z.string(),
  version: z.int().min(1),
});
export type RegisterTypeResponse = z.infer<typeof RegisterTypeResponse>;

export { ChannelPattern };
