import {
  addInboundReceiver,
  disableInboundReceiver,
  enableInboundReceiver,
  listInboundReceivers,
  removeInboundReceiver,
  rotateInboundSecret,
} from "@nofx/control/inbound";
import {
  AddedInboundReceiver,
  AddInboundReceiverInput,
  InboundReceivers,
  InboundReceiverView,
  OneInboundReceiver,
  RotatedInboundSecret,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "webhooks";

export const inboundRouter = {
  list: query
    .meta(
      rest("/inbound-receivers", TAG, {
        operationId: "listInboundReceivers",
        summary: "List receivers of signed messages",
      }),
    )
    .input(z.object({}))
    .output(InboundReceivers)
    .query(({ ctx }) => listInboundReceivers(ctx.member)),

  add: command
    .meta(
      restCommand("/inbound-receivers", TAG, {
        operationId: "addInboundReceiver",
        summary: "Believe somebody's signed word about what members decided",
        description:
          "Its sender posts `{approvalId, decision, member, reason?}`, signed as Standard Webhooks say, to `/api/inbound/{receiverId}` or `/api/approvals/{approvalId}?receiver={receiverId}`. Each `webhook-id` is taken once.",
      }),
    )
    .input(AddInboundReceiverInput)
    .output(AddedInboundReceiver)
    .mutation(({ ctx, input }) => addInboundReceiver(ctx.member, input)),

  enable: command
    .meta(
      restCommand("/inbound-receivers/{receiverId}/enable", TAG, {
        operationId: "enableInboundReceiver",
        summary: "Take messages of a disabled receiver again",
      }),
    )
    .input(OneInboundReceiver)
    .output(InboundReceiverView)
    .mutation(({ ctx, input }) => enableInboundReceiver(ctx.member, input)),

  disable: command
    .meta(
      restCommand("/inbound-receivers/{receiverId}/disable", TAG, {
        operationId: "disableInboundReceiver",
        summary: "Take no message of a receiver until it is enabled",
      }),
    )
    .input(OneInboundReceiver)
    .output(InboundReceiverView)
    .mutation(({ ctx, input }) => disableInboundReceiver(ctx.member, input)),

  rotateSecret: command
    .meta(
      restCommand("/inbound-receivers/{receiverId}/rotate-secret", TAG, {
        operationId: "rotateInboundSecret",
        summary: "Make a new secret; for a day either opens",
      }),
    )
    .input(OneInboundReceiver)
    .output(RotatedInboundSecret)
    .mutation(({ ctx, input }) => rotateInboundSecret(ctx.member, input)),

  remove: command
    .meta(
      restCommand("/inbound-receivers/{receiverId}/remove", TAG, {
        operationId: "removeInboundReceiver",
        summary: "Remove a receiver",
      }),
    )
    .input(OneInboundReceiver)
    .output(OneInboundReceiver)
    .mutation(({ ctx, input }) => removeInboundReceiver(ctx.member, input)),
} satisfies TRPCRouterRecord;
