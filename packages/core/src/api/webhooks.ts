import { z } from "zod";
import {
  EventId,
  EventType,
  HttpUrl,
  WebhookDeliveryId,
  WebhookDeliveryStatus,
  WebhookDisabledReason,
  WebhookId,
  WebhookStatus,
  storableText,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

export const WebhookView = z.object({
  id: WebhookId,
  url: z.string(),
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
  url: HttpUrl.meta({ description: "https, or what the operator has allowed by NOFX_HTTP_ALLOW" }),
  description: storableText(500).default(""),
  events: z.array(EventType).max(100).default([]).meta({
    description: "Types to be told of; all when empty",
  }),
});
export type AddWebhookInput = z.infer<typeof AddWebhookInput>;

const secret = z.string().nullable().meta({
  description:
    "`whsec_…`, to check signatures with (Standard Webhooks). Shown once: null when the answer is repeated for the same Idempotency-Key",
});
export const AddedWebhook = z.object({ webhook: WebhookView, secret });
export type AddedWebhook = z.infer<typeof AddedWebhook>;
export const RotatedWebhookSecret = z.object({
  webhookId: WebhookId,
  secret,
  previousUntil: Timestamp.meta({ description: "Until then both secrets sign" }),
});
export type RotatedWebhookSecret = z.infer<typeof RotatedWebhookSecret>;

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
