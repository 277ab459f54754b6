import {
  addWebhook,
  disableWebhook,
  enableWebhook,
  getWebhook,
  listDeliveries,
  listWebhooks,
  redeliver,
  removeWebhook,
  rotateWebhookSecret,
  sendTestEvent,
  webhookChoices,
} from "@nofx/control/webhooks";
import {
  AddedWebhook,
  AddWebhookInput,
  EnableWebhookInput,
  ListDeliveriesInput,
  ListWebhooksInput,
  OneWebhook,
  RedeliverInput,
  RotatedWebhookSecret,
  WebhookChoices,
  WebhookDeliveryPage,
  WebhookPage,
  WebhookView,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "webhooks";

export const webhooksRouter = {
  list: query
    .meta(rest("/webhooks", TAG, { operationId: "listWebhooks", summary: "List webhooks" }))
    .input(ListWebhooksInput)
    .output(WebhookPage)
    .query(({ ctx, input }) => listWebhooks(ctx.member, input)),

  choices: query
    .meta(
      rest("/webhook-choices", TAG, {
        operationId: "getWebhookChoices",
        summary: "Whether mails can be sent, whom to, and what people can be told of",
      }),
    )
    .input(z.object({}))
    .output(WebhookChoices)
    .query(({ ctx }) => webhookChoices(ctx.member)),

  get: query
    .meta(
      rest("/webhooks/{webhookId}", TAG, {
        operationId: "getWebhook",
        summary: "One webhook, and how far it has been told",
      }),
    )
    .input(OneWebhook)
    .output(WebhookView)
    .query(({ ctx, input }) => getWebhook(ctx.member, input)),

  deliveries: query
    .meta(
      rest("/webhooks/{webhookId}/deliveries", TAG, {
        operationId: "listWebhookDeliveries",
        summary: "Attempts to tell a webhook, newest first, of the last 30 days",
      }),
    )
    .input(ListDeliveriesInput)
    .output(WebhookDeliveryPage)
    .query(({ ctx, input }) => listDeliveries(ctx.member, input)),

  add: command
    .meta(
      restCommand("/webhooks", TAG, {
        operationId: "addWebhook",
        summary: "Have an address, a channel of Slack or members by e-mail told of events",
        description:
          "Each event is one POST in Message Schema v1, in order, at least once, signed as Standard Webhooks say: `webhook-id` is the event's id, `nofx-sequence` its place. 2xx takes it; anything else has it tried again, after five days the webhook is disabled; 410 disables it at once. `format: slack` posts what people are told of to a channel of Slack, `format: email` mails it to members.",
      }),
    )
    .input(AddWebhookInput)
    .output(AddedWebhook)
    .mutation(({ ctx, input }) => addWebhook(ctx.member, input)),

  remove: command
    .meta(
      restCommand("/webhooks/{webhookId}/remove", TAG, {
        operationId: "removeWebhook",
        summary: "Remove a webhook with its deliveries",
      }),
    )
    .input(OneWebhook)
    .output(OneWebhook)
    .mutation(({ ctx, input }) => removeWebhook(ctx.member, input)),

  enable: command
    .meta(
      restCommand("/webhooks/{webhookId}/enable", TAG, {
        operationId: "enableWebhook",
        summary: "Go on telling a disabled webhook",
      }),
    )
    .input(EnableWebhookInput)
    .output(WebhookView)
    .mutation(({ ctx, input }) => enableWebhook(ctx.member, input)),

  disable: command
    .meta(
      restCommand("/webhooks/{webhookId}/disable", TAG, {
        operationId: "disableWebhook",
        summary: "Tell a webhook nothing until it is enabled",
      }),
    )
    .input(OneWebhook)
    .output(WebhookView)
    .mutation(({ ctx, input }) => disableWebhook(ctx.member, input)),

  rotateSecret: command
    .meta(
      restCommand("/webhooks/{webhookId}/rotate-secret", TAG, {
        operationId: "rotateWebhookSecret",
        summary: "Make a new secret; for a day both sign",
      }),
    )
    .input(OneWebhook)
    .output(RotatedWebhookSecret)
    .mutation(({ ctx, input }) => rotateWebhookSecret(ctx.member, input)),

  sendTest: command
    .meta(
      restCommand("/webhooks/{webhookId}/test", TAG, {
        operationId: "sendTestEvent",
        summary: "Tell one webhook of a webhook.tested event",
      }),
    )
    .input(OneWebhook)
    .output(WebhookView)
    .mutation(({ ctx, input }) => sendTestEvent(ctx.member, input)),

  redeliver: command
    .meta(
      restCommand("/webhooks/{webhookId}/redeliver", TAG, {
        operationId: "redeliverEvents",
        summary: "Tell everything from a sequence on again",
      }),
    )
    .input(RedeliverInput)
    .output(WebhookView)
    .mutation(({ ctx, input }) => redeliver(ctx.member, input)),
} satisfies TRPCRouterRecord;
