import { z } from "zod";
import {
  Address,
  BusType,
  BusVerb,
  ChannelPattern,
  References,
  RetentionClass,
  TypePrefix,
} from "../bus/index.ts";
import { BusMessage } from "../contract/agent-messages.ts";
import { JsonValue } from "../contract/values.ts";
import {
  AgentId,
  ApprovalId,
  ConversationId,
  HoldId,
  MessageId,
  RedactionId,
  RunId,
} from "../vocabulary/ids.ts";
import { storableText } from "../vocabulary/text.ts";
import { Timestamp, pageOf } from "./paging.ts";

/** A message of a run, with the place in the tree of whoever sent it. */
export const RunMessage = BusMessage.extend({
  runSeq: z.int().meta({ description: "Its place among the messages of the run" }),
  depth: z.int().nullable().meta({
    description: "How many steps and sessions are above its sender; null of people",
  }),
  path: z.string().nullable().meta({ description: "Names from the top down, with / between" }),
  role: z.string().nullable().meta({
    description: "lead, doer, reviewer, worker, member, merger; of people theirs in the tenant",
  }),
  stepName: z.string().nullable(),
  acknowledgedAt: Timestamp.nullable(),
  held: z.boolean().meta({ description: "Under a legal hold" }),
});
export type RunMessage = z.infer<typeof RunMessage>;

export const ListRunMessagesInput = z.object({
  after: z.coerce.number().int().min(0).default(0).meta({
    description: "Those after this runSeq, oldest first: `next` of the page before",
  }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  type: z.string().max(128).optional(),
  waitSeconds: z.coerce.number().min(0).max(20).default(0).meta({
    description: "Where there is none yet, wait so long for one: a live tail",
  }),
});

export const RunMessagePage = z.object({
  items: z.array(RunMessage),
  next: z.int().meta({ description: "What to send as `after` for what comes then" }),
  more: z.boolean(),
});
export type RunMessagePage = z.infer<typeof RunMessagePage>;

export const SendRunMessageInput = z.object({
  to: Address.optional().meta({
    description: "A step or a session of the run; without it, the run's own channel `default`",
  }),
  type: BusType.default("instruction.given"),
  payload: JsonValue.meta({ description: 'Of an instruction: {"text": "…"}' }),
  class: RetentionClass.default("standard"),
  refs: References.optional(),
});

export const SentRunMessage = z.object({
  messageId: MessageId,
  conversationId: ConversationId,
  seq: z.int(),
});
export type SentRunMessage = z.infer<typeof SentRunMessage>;

export const ChannelRuleView = z.object({
  id: z.uuid(),
  agentId: AgentId.nullable().meta({ description: "Null: every agent" }),
  channel: z.string(),
  typePrefix: z.string(),
  verb: BusVerb,
  effect: z.enum(["allow", "deny"]),
});
export type ChannelRuleView = z.infer<typeof ChannelRuleView>;
export const ChannelRuleList = z.object({ items: z.array(ChannelRuleView) });

export const SetChannelRuleInput = z.object({
  agentId: AgentId.nullable().default(null),
  channel: ChannelPattern,
  typePrefix: TypePrefix.default(""),
  verb: BusVerb,
  effect: z.enum(["allow", "deny"]),
});
export const RemoveChannelRuleInput = z.object({ id: z.uuid() });

export const MessageTypeList = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      version: z.int(),
      schema: z.record(z.string(), z.unknown()),
      registeredAt: Timestamp,
    }),
  ),
});
export type MessageTypeList = z.infer<typeof MessageTypeList>;

/** What a redaction takes out of texts: kinds of things that are known by their form. */
export const RedactionPattern = z.enum(["emails", "phones", "cards", "ip_addresses", "secrets"]);
export type RedactionPattern = z.infer<typeof RedactionPattern>;

const OF = ["messageId", "conversationId", "runId"] as const;
const HOW = ["fields", "pattern", "matching", "text"] as const;

/** What is redacted (a message, a conversation, or a run with all that it left) and what of it: without more, all that was said. */
export const RedactInput = z
  .object({
    messageId: MessageId.optional(),
    conversationId: ConversationId.optional(),
    runId: RunId.optional(),
    fields: z
      .array(
        z
          .string()
          .max(500)
          .regex(/^(\/([^~/]|~[01])*)*$/, "use JSON Pointers, like /customer/email"),
      )
      .min(1)
      .max(50)
      .optional(),
    pattern: RedactionPattern.optional(),
    matching: storableText(500, 1).optional().meta({
      description: "What this pattern (RE2) finds, in linear time",
    }),
    text: storableText(10_000, 4).optional().meta({ description: "Exactly this, wherever it is" }),
    reason: storableText(1_000, 3),
  })
  .superRefine((input, ctx) => {
    if (OF.filter((name) => input[name] !== undefined).length !== 1) {
      ctx.addIssue({ code: "custom", message: `give one of ${OF.join(", ")}` });
    }
    if (HOW.filter((name) => input[name] !== undefined).length > 1) {
      ctx.addIssue({ code: "custom", message: `give at most one of ${HOW.join(", ")}` });
    }
  });

export const RedactionView = z.object({
  id: RedactionId,
  messageId: MessageId.nullable(),
  conversationId: ConversationId.nullable(),
  runId: RunId.nullable(),
  how: z.enum(["whole", "fields", "pattern", "text"]),
  reason: z.string(),
  status: z.enum(["pending", "refused", "applied", "purged"]).meta({
    description:
      "pending: waits for a second person. applied: what was said is gone, copies are being looked for. purged: they were",
  }),
  held: z.boolean(),
  approvalId: ApprovalId.nullable(),
  requestedBy: z.string(),
  requestedAt: Timestamp,
  decidedBy: z.string().nullable(),
  appliedAt: Timestamp.nullable(),
  purgeBy: Timestamp.nullable(),
  purgedAt: Timestamp.nullable(),
  messages: z.int().meta({ description: "How many messages it changed" }),
  copies: z.int().meta({ description: "How many rows elsewhere held a copy" }),
  files: z.int().meta({ description: "How many files held one, and were removed" }),
});
export type RedactionView = z.infer<typeof RedactionView>;
export const RedactionPage = pageOf(RedactionView);
export type RedactionPage = z.infer<typeof RedactionPage>;
export const RedactionQuery = z.object({ redactionId: RedactionId });

export const HoldKind = z.enum(["message", "conversation", "run", "tenant"]);
export const PlaceHoldInput = z
  .object({
    messageId: MessageId.optional(),
    conversationId: ConversationId.optional(),
    runId: RunId.optional(),
    reason: storableText(1_000, 3),
  })
  .superRefine((input, ctx) => {
    if (OF.filter((name) => input[name] !== undefined).length <= 1) return;
    ctx.addIssue({ code: "custom", message: `give one of ${OF.join(", ")}, or none: the tenant` });
  });
export const HoldView = z.object({
  id: HoldId,
  kind: HoldKind,
  of: z.string().nullable().meta({ description: "Null: all of the tenant" }),
  reason: z.string(),
  placedBy: z.string(),
  placedAt: Timestamp,
  liftedBy: z.string().nullable(),
  liftedAt: Timestamp.nullable(),
});
export type HoldView = z.infer<typeof HoldView>;
export const HoldList = z.object({ items: z.array(HoldView) });
export const LiftHoldInput = z.object({ holdId: HoldId });

/** Days that messages of each class are kept; what a tenant leaves out is as the plane says. */
export const MessageWindows = z.object({
  transientDays: z.int().min(1).max(36_500),
  standardDays: z.int().min(1).max(36_500),
  auditDays: z.int().min(1).max(36_500),
});
export type MessageWindows = z.infer<typeof MessageWindows>;
export const SetMessageWindowsInput = MessageWindows.partial();
