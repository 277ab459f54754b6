import { z } from "zod";
import {
  ApprovalId,
  ApprovalStatus,
  ApprovalSubject,
  GroupName,
  InboundReceiverId,
  storableText,
  WebhookStatus,
} from "../vocabulary/index.ts";
import { Timestamp } from "./paging.ts";
import { UserId } from "./user-id.ts";

/** What a receiver can decide: edits need a person who sees what they edit. */
const InboundVerdict = z.enum(["approve", "reject"]);

export const InboundReceiverView = z.object({
  id: InboundReceiverId,
  name: GroupName,
  description: z.string(),
  actsFor: z.array(
    z.object({ userId: UserId, name: z.string(), email: z.string(), member: z.boolean() }),
  ),
  decisions: z.array(InboundVerdict),
  subjects: z.array(ApprovalSubject).meta({ description: "All when empty" }),
  status: WebhookStatus,
  createdBy: z.string(),
  createdAt: Timestamp,
  lastUsedAt: Timestamp.nullable(),
  lastOutcome: z.string().nullable().meta({
    description:
      "Of the last message whose signature was right: `decided`, or the code it was refused with",
  }),
  path: z.string().meta({ description: "Where its sender posts to, at this host" }),
});
export type InboundReceiverView = z.infer<typeof InboundReceiverView>;
export const InboundReceivers = z.object({ items: z.array(InboundReceiverView) });

export const AddInboundReceiverInput = z.object({
  name: GroupName.meta({ description: "What history calls it: `webhook:zig-todo`" }),
  description: storableText(500).default(""),
  actsFor: z.array(UserId).min(1).max(200).meta({
    description: "Members whom it may speak for; messages name one by e-mail address",
  }),
  decisions: z.array(InboundVerdict).min(1).max(2).default(["approve", "reject"]),
  subjects: z.array(ApprovalSubject).max(6).default([]).meta({ description: "All when empty" }),
});

const secret = z.string().nullable().meta({
  description:
    "`whsec_…`, to sign messages with (Standard Webhooks). Shown once: null when the answer is repeated for the same Idempotency-Key",
});
export const AddedInboundReceiver = z.object({ receiver: InboundReceiverView, secret });
export type AddedInboundReceiver = z.infer<typeof AddedInboundReceiver>;

export const OneInboundReceiver = z.object({ receiverId: InboundReceiverId });

export const RotatedInboundSecret = z.object({
  receiverId: InboundReceiverId,
  secret,
  previousUntil: Timestamp.meta({ description: "Until then either secret opens" }),
});
export type RotatedInboundSecret = z.infer<typeof RotatedInboundSecret>;

/** What the sender of a signed message says. */
export const InboundDecision = z.object({
  approvalId: ApprovalId,
  decision: InboundVerdict,
  member: z.string().min(3).max(320).meta({ description: "The e-mail address of who decided" }),
  reason: storableText(2_000).optional(),
  argumentsDigest: z.string().max(128).optional(),
});
export type InboundDecision = z.infer<typeof InboundDecision>;

export const InboundAnswer = z.object({
  approvalId: ApprovalId,
  status: ApprovalStatus,
  decision: InboundVerdict,
});
export type InboundAnswer = z.infer<typeof InboundAnswer>;
