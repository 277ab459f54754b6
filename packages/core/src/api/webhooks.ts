import { z } from "zod";
import {
  EventId,
  EventType,
  HttpUrl,
  MemberRole,
  WebhookDeliveryId,
  WebhookDeliveryStatus,
  WebhookDisabledReason,
  WebhookFormat,
  WebhookId,
  WebhookStatus,
  storableText,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";
import { UserId } from "./user-id.ts";

export const WebhookView = z.object({
  id: WebhookId,
  format: WebhookFormat,
  url: z.string().meta({
    description: "Of Slack the host alone: the whole address is a secret. Of e-mail `mailto:`",
  }),
  titles: z.boolean().meta({ description: "Whether people are told titles and names" }),
  recipients: z.array(
    z.object({ userId: UserId, name: z.string(), email: z.string(), member: z.boolean() }),
  ),
  description: z.string(),
  events: z.array(EventType).meta({ description: "Types that are told; all when empty" }),
  status: WebhookStatus,
  disabledReason: WebhookDisabledReason.nullable(),
  createdBy: z.string(),
  createdAt: Timestamp,
  seq: z.int().meta({ description: "Up to here everything has been delivered" }),
  behind: z.int().meta({ description: "Sealed events after that, told or not" }),
  attempts: z.int().meta({ description: "Attempts in vain at the next event" }),
  nextAt: Timestamp.meta({ description: "No attempt before this" }),
  failingSince: Timestamp.nullable(),
});
export type WebhookView = z.infer<typeof WebhookView>;
export const WebhookPage = pageOf(WebhookView);

export const AddWebhookInput = z.object({
  format: WebhookFormat.default("nofx").meta({
    description:
      "`nofx`: each event as it is, signed. `slack`: an incoming webhook of Slack. `email`: mails to members, at most one a minute",
  }),
  url: HttpUrl.optional().meta({
    description:
      "https, or what the operator has allowed by NOFX_HTTP_ALLOW. Of Slack it is never shown again; of e-mail there is none",
  }),
  recipients: z.array(UserId).max(50).default([]).meta({ description: "Of e-mail: members" }),
  titles: z.boolean().default(true).meta({
    description:
      "Slack and e-mail: tell titles of plans and approvals, and names of runs and steps. Nothing else of their content is told",
  }),
  description: storableText(500).default(""),
  events: z.array(EventType).max(100).default([]).meta({
    description:
      "Types to be told of. When empty: all; of Slack and e-mail all that people are told of",
  }),
});
export type AddWebhookInput = z.infer<typeof AddWebhookInput>;

const secret = z.string().nullable().meta({
  description:
    "`whsec_…`, to check signatures with (Standard Webhooks). Shown once: null when the answer is repeated for the same Idempotency-Key, and where nothing is signed",
});
export const AddedWebhook = z.object({ webhook: WebhookView, secret });
export type AddedWebhook = z.infer<typeof AddedWebhook>;
export const RotatedWebhookSecret = z.object({
  webhookId: WebhookId,
  secret,
  previousUntil: Timestamp.meta({ description: "Until then both secrets sign" }),
});
export type RotatedWebhookSecret = z.infer<typeof RotatedWebhookSecret>;

/** What a webhook or a receiver can be added with in this tenant. */
export const WebhookChoices = z.object({
  mail: z.boolean().meta({ description: "Whether the operator configured a mail server" }),
  noticeTypes: z.array(EventType).meta({ description: "What Slack and e-mail can tell" }),
  members: z.array(
    z.object({ userId: UserId, name: z.string(), email: z.string(), role: MemberRole }),
  ),
});
export type WebhookChoices = z.infer<typeof WebhookChoices>;

export const OneWebhook = z.object({ webhookId: WebhookId });

export const EnableWebhookInput = OneWebhook.extend({
  skipMissed: z.boolean().default(false).meta({
    description: "Go on with what happens from now, instead of where it stopped",
  }),
});

export const RedeliverInput = OneWebhook.extend({
  fromSeq: z.int().min(1).meta({
    description:
      "Everything from this sequence on is delivered again, in order, under the same ids",
  }),
});

export const WebhookDeliveryView = z.object({
  id: WebhookDeliveryId,
  eventId: EventId,
  type: EventType,
  seq: z.int(),
  attempt: z.int(),
  status: WebhookDeliveryStatus,
  httpStatus: z.int().nullable(),
  error: z.string().nullable(),
  tookMs: z.int(),
  at: Timestamp,
});
export type WebhookDeliveryView = z.infer<typeof WebhookDeliveryView>;
export const WebhookDeliveryPage = pageOf(WebhookDeliveryView);

export const ListWebhooksInput = PageInput;
export const ListDeliveriesInput = PageInput.extend({
  ...OneWebhook.shape,
  status: WebhookDeliveryStatus.optional(),
});
