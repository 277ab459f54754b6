import {
  forgetAnswers,
  forgetTranscript,
  getEndpointSettings,
  getTranscript,
  listModelCalls,
  setEndpointSettings,
} from "@nofx/control/model-endpoint";
import {
  EndpointSettings,
  ForgottenAnswers,
  ListModelCallsInput,
  ModelCallPage,
  OneModelCall,
  SetEndpointInput,
  TranscriptView,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "models";

export const modelEndpointRouter = {
  calls: query
    .meta(
      rest("/model-calls", TAG, {
        operationId: "listModelCalls",
        summary: "Attempts at models through the endpoint, with tokens, cost and who answered",
      }),
    )
    .input(ListModelCallsInput)
    .output(ModelCallPage)
    .query(({ ctx, input }) => listModelCalls(ctx.member, input)),

  transcript: query
    .meta(
      rest("/model-calls/{callId}/transcript", TAG, {
        operationId: "getModelTranscript",
        summary: "What was said in a call, as far as it is kept, redacted",
        description: "For admins.",
      }),
    )
    .input(OneModelCall)
    .output(TranscriptView)
    .query(({ ctx, input }) => getTranscript(ctx.member, input)),

  forgetTranscript: command
    .meta(
      restCommand("/model-calls/{callId}/transcript/forget", TAG, {
        operationId: "forgetModelTranscript",
        summary: "Delete what was said in a call before its time",
        description: "What it cost stays known. For admins.",
      }),
    )
    .input(OneModelCall)
    .output(ForgottenAnswers)
    .mutation(({ ctx, input }) => forgetTranscript(ctx.member, input)),

  settings: query
    .meta(
      rest("/model-endpoint", TAG, {
        operationId: "getModelEndpoint",
        summary: "What the endpoint for models keeps, gives again and lets through",
      }),
    )
    .input(z.object({}))
    .output(EndpointSettings)
    .query(({ ctx }) => getEndpointSettings(ctx.member)),

  set: command
    .meta(
      restCommand("/model-endpoint", TAG, {
        operationId: "setModelEndpoint",
        summary: "Change the endpoint for models: kept answers, transcripts, redaction, rates",
        description: "What is left out stays as it is. Heeded within three seconds. For admins.",
      }),
    )
    .input(SetEndpointInput)
    .output(EndpointSettings)
    .mutation(({ ctx, input }) => setEndpointSettings(ctx.member, input)),

  forgetAnswers: command
    .meta(
      restCommand("/model-endpoint/answers/forget", TAG, {
        operationId: "forgetModelAnswers",
        summary: "Forget every kept answer of the tenant",
      }),
    )
    .input(z.object({}))
    .output(ForgottenAnswers)
    .mutation(({ ctx }) => forgetAnswers(ctx.member)),
} satisfies TRPCRouterRecord;
