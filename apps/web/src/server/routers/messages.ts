import {
  dropChannelRule,
  getChannelRules,
  getMessageTypes,
  getMessageWindows,
  messagesOfRun,
  sendToRun,
  setChannelRule,
  setMessageWindows,
} from "@nofx/control/messages";
import {
  getRedaction,
  liftLegalHold,
  listLegalHolds,
  listRedactions,
  placeLegalHold,
  redact,
} from "@nofx/control/redaction";
import {
  ChannelRuleList,
  ChannelRuleView,
  HoldList,
  HoldView,
  LiftHoldInput,
  ListRunMessagesInput,
  MessageTypeList,
  MessageWindows,
  PageInput,
  PlaceHoldInput,
  RedactInput,
  RedactionPage,
  RedactionQuery,
  RedactionView,
  RemoveChannelRuleInput,
  RunMessagePage,
  SendRunMessageInput,
  SentRunMessage,
  SetChannelRuleInput,
  SetMessageWindowsInput,
} from "@nofx/core/api";
import { RunId } from "@nofx/core/vocabulary";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "messages";

export const messagesRouter = {
  ofRun: query
    .meta(
      rest("/runs/{runId}/messages", TAG, {
        operationId: "listRunMessages",
        summary: "What was said in a run, with the place in the tree of whoever said it",
        description:
          "Oldest first. Send `next` back as `after` to read on; with `waitSeconds` that is a live tail which misses nothing.",
      }),
    )
    .input(ListRunMessagesInput.extend({ runId: RunId }))
    .output(RunMessagePage)
    .query(({ ctx, input, signal }) => messagesOfRun(ctx.member, input, signal)),

  send: command
    .meta(
      restCommand("/runs/{runId}/messages", TAG, {
        operationId: "sendRunMessage",
        summary: "Say something to those who work on a run",
      }),
    )
    .input(SendRunMessageInput.extend({ runId: RunId }))
    .output(SentRunMessage)
    .mutation(({ ctx, input }) => sendToRun(ctx.member, input)),

  types: query
    .meta(
      rest("/message-types", TAG, {
        operationId: "listMessageTypes",
        summary: "Types of messages that agents of this tenant registered",
      }),
    )
    .input(z.object({}))
    .output(MessageTypeList)
    .query(({ ctx }) => getMessageTypes(ctx.member)),

  rules: query
    .meta(
      rest("/channel-rules", TAG, {
        operationId: "listChannelRules",
        summary: "Who may send and read in which channels",
      }),
    )
    .input(z.object({}))
    .output(ChannelRuleList)
    .query(({ ctx }) => getChannelRules(ctx.member)),

  setRule: command
    .meta(
      restCommand("/channel-rules", TAG, {
        operationId: "setChannelRule",
        summary: "Say who may send or read in a channel; the most exact rule decides",
      }),
    )
    .input(SetChannelRuleInput)
    .output(ChannelRuleView)
    .mutation(({ ctx, input }) => setChannelRule(ctx.member, input)),

  removeRule: command
    .meta(
      restCommand("/channel-rules/{id}/remove", TAG, {
        operationId: "removeChannelRule",
        summary: "Remove a rule about a channel",
      }),
    )
    .input(RemoveChannelRuleInput)
    .output(z.object({ removed: z.boolean() }))
    .mutation(({ ctx, input }) => dropChannelRule(ctx.member, input)),

  windows: query
    .meta(
      rest("/message-retention", TAG, {
        operationId: "getMessageRetention",
        summary: "How long messages of each class are kept",
      }),
    )
    .input(z.object({}))
    .output(MessageWindows)
    .query(({ ctx }) => getMessageWindows(ctx.member)),

  setWindows: command
    .meta(
      restCommand("/message-retention", TAG, {
        operationId: "setMessageRetention",
        summary: "Say how long messages of each class are kept",
      }),
    )
    .input(SetMessageWindowsInput)
    .output(MessageWindows)
    .mutation(({ ctx, input }) => setMessageWindows(ctx.member, input)),
} satisfies TRPCRouterRecord;

export const redactionsRouter = {
  create: command
    .meta(
      restCommand("/redactions", TAG, {
        operationId: "redact",
        summary: "Destroy what was said: a message, a conversation, or a run with what it left",
        description:
          "Whole, by field, by pattern or by text. What is under a legal hold waits for a second person's approval. Copies are gone by `purgeBy`.",
      }),
    )
    .input(RedactInput)
    .output(RedactionView)
    .mutation(({ ctx, input }) => redact(ctx.member, input)),

  list: query
    .meta(
      rest("/redactions", TAG, {
        operationId: "listRedactions",
        summary: "What was redacted, newest first",
      }),
    )
    .input(PageInput)
    .output(RedactionPage)
    .query(({ ctx, input }) => listRedactions(ctx.member, input)),

  get: query
    .meta(
      rest("/redactions/{redactionId}", TAG, {
        operationId: "getRedaction",
        summary: "How far a redaction has come",
      }),
    )
    .input(RedactionQuery)
    .output(RedactionView)
    .query(({ ctx, input }) => getRedaction(ctx.member, input)),
} satisfies TRPCRouterRecord;

export const holdsRouter = {
  list: query
    .meta(rest("/holds", TAG, { operationId: "listHolds", summary: "Legal holds, newest first" }))
    .input(z.object({}))
    .output(HoldList)
    .query(({ ctx }) => listLegalHolds(ctx.member)),

  place: command
    .meta(
      restCommand("/holds", TAG, {
        operationId: "placeHold",
        summary: "Put a message, a conversation, a run or the tenant under a legal hold",
      }),
    )
    .input(PlaceHoldInput)
    .output(HoldView)
    .mutation(({ ctx, input }) => placeLegalHold(ctx.member, input)),

  lift: command
    .meta(
      restCommand("/holds/{holdId}/lift", TAG, {
        operationId: "liftHold",
        summary: "Lift a legal hold",
      }),
    )
    .input(LiftHoldInput)
    .output(HoldView)
    .mutation(({ ctx, input }) => liftLegalHold(ctx.member, input)),
} satisfies TRPCRouterRecord;
