import { answerWait, listWaits, sendMessage } from "@nofx/control/waits";
import {
  AnswerWaitInput,
  ListWaitsInput,
  SendMessageInput,
  SentMessage,
  WaitPage,
  WaitView,
} from "@nofx/core/api";
import { StepId, WaitId } from "@nofx/core/vocabulary";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

export const waitsRouter = {
  list: query
    .meta(rest("/waits", "waits", { operationId: "listWaits", summary: "What steps wait for" }))
    .input(ListWaitsInput)
    .output(WaitPage)
    .query(({ ctx, input }) => listWaits(ctx.member, input)),

  answer: command
    .meta(
      restCommand("/waits/{waitId}", "waits", {
        operationId: "answerWait",
        summary: "Answer a question that a step waits on",
      }),
    )
    .input(AnswerWaitInput.extend({ waitId: WaitId }))
    .output(WaitView)
    .mutation(({ ctx, input }) => answerWait(ctx.member, input)),

  sendMessage: command
    .meta(
      restCommand("/steps/{stepId}/messages", "waits", {
        operationId: "sendMessage",
        summary: "Put a message into a step's mailbox",
      }),
    )
    .input(SendMessageInput.extend({ stepId: StepId }))
    .output(SentMessage)
    .mutation(({ ctx, input }) => sendMessage(ctx.member, input)),
} satisfies TRPCRouterRecord;
