import {
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  listRedriveBatches,
  redriveDeadLetter,
  redriveDeadLetters,
  requestLossAcceptance,
  resolveDeadLetter,
  revealDeadLetter,
  stopRedriveBatch,
  triageDeadLetter,
} from "@nofx/control/dead-letters";
import {
  AcceptLossInput,
  AcceptLossResult,
  BulkRedriveInput,
  BulkRedriveResult,
  DeadLetterPage,
  DeadLetterView,
  DiscardDeadLetterInput,
  GetDeadLetterInput,
  ListDeadLettersInput,
  PageInput,
  RedriveBatchPage,
  RedriveBatchView,
  RedriveDeadLetterInput,
  RedriveDeadLetterResult,
  ResolveDeadLetterInput,
  StopBatchInput,
  TriageDeadLetterInput,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "dead letters";
const OneLetter = GetDeadLetterInput;

export const deadLettersRouter = {
  list: query
    .meta(
      rest("/dead-letters", TAG, {
        operationId: "listDeadLetters",
        summary: "Steps that failed for good and wait for a repair",
      }),
    )
    .input(ListDeadLettersInput)
    .output(DeadLetterPage)
    .query(({ ctx, input }) => listDeadLetters(ctx.member, input)),

  get: query
    .meta(
      rest("/dead-letters/{deadLetterId}", TAG, {
        operationId: "getDeadLetter",
        summary: "One dead letter: error, attempts, and its payload without secrets",
      }),
    )
    .input(OneLetter)
    .output(DeadLetterView)
    .query(({ ctx, input }) => getDeadLetter(ctx.member, input)),

  reveal: command
    .meta(
      restCommand("/dead-letters/{deadLetterId}/reveal", TAG, {
        operationId: "revealDeadLetter",
        summary: "The same with nothing hidden; for admins, and written down",
      }),
    )
    .input(OneLetter)
    .output(DeadLetterView)
    .mutation(({ ctx, input }) => revealDeadLetter(ctx.member, input)),

  triage: command
    .meta(
      restCommand("/dead-letters/{deadLetterId}/triage", TAG, {
        operationId: "triageDeadLetter",
        summary: "Note what was found out about a dead letter",
      }),
    )
    .input(TriageDeadLetterInput.extend(OneLetter.shape))
    .output(DeadLetterView)
    .mutation(({ ctx, input }) => triageDeadLetter(ctx.member, input)),

  discard: command
    .meta(
      restCommand("/dead-letters/{deadLetterId}/discard", TAG, {
        operationId: "discardDeadLetter",
        summary: "Give a dead letter up",
      }),
    )
    .input(DiscardDeadLetterInput.extend(OneLetter.shape))
    .output(DeadLetterView)
    .mutation(({ ctx, input }) => discardDeadLetter(ctx.member, input)),

  redrive: command
    .meta(
      restCommand("/dead-letters/{deadLetterId}/redrive", TAG, {
        operationId: "redriveDeadLetter",
        summary: "Try a dead letter again, in a new run that keeps what was done",
        description:
          "Other open dead letters of the same run go along. Edited arguments wait for another person's approval.",
      }),
    )
    .input(RedriveDeadLetterInput.extend(OneLetter.shape))
    .output(RedriveDeadLetterResult)
    .mutation(({ ctx, input }) => redriveDeadLetter(ctx.member, input)),

  redriveMany: command
    .meta(
      restCommand("/redrive-batches", TAG, {
        operationId: "redriveDeadLetters",
        summary: "Try many dead letters again at a pace, or say which it would be",
      }),
    )
    .input(BulkRedriveInput)
    .output(BulkRedriveResult)
    .mutation(({ ctx, input }) => redriveDeadLetters(ctx.member, input)),

  batches: query
    .meta(
      rest("/redrive-batches", TAG, {
        operationId: "listRedriveBatches",
        summary: "Bulk redrives, and what became of their dead letters",
      }),
    )
    .input(PageInput)
    .output(RedriveBatchPage)
    .query(({ ctx, input }) => listRedriveBatches(ctx.member, input)),

  stopBatch: command
    .meta(
      restCommand("/redrive-batches/{batchId}/stop", TAG, {
        operationId: "stopRedriveBatch",
        summary: "Stop a bulk redrive; what is under way goes on",
      }),
    )
    .input(StopBatchInput)
    .output(RedriveBatchView)
    .mutation(({ ctx, input }) => stopRedriveBatch(ctx.member, input)),

  resolve: command
    .meta(
      restCommand("/dead-letters/{deadLetterId}/resolve", TAG, {
        operationId: "resolveDeadLetter",
        summary: "An effect that could not be undone was taken back by other means",
      }),
    )
    .input(ResolveDeadLetterInput.extend(OneLetter.shape))
    .output(DeadLetterView)
    .mutation(({ ctx, input }) => resolveDeadLetter(ctx.member, input)),

  acceptLoss: command
    .meta(
      restCommand("/dead-letters/{deadLetterId}/accept-loss", TAG, {
        operationId: "requestLossAcceptance",
        summary: "Ask another person to agree that an effect stays",
      }),
    )
    .input(AcceptLossInput.extend(OneLetter.shape))
    .output(AcceptLossResult)
    .mutation(({ ctx, input }) => requestLossAcceptance(ctx.member, input)),
} satisfies TRPCRouterRecord;
