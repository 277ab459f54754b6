import { z } from "zod";
import { ModelId } from "../model-router/index.ts";
import { AgentId, ModelCallId, RunId, StepId } from "../vocabulary/index.ts";
import { Usd } from "./models.ts";
import { PageInput, pageOf, Timestamp } from "./paging.ts";

/** When an answer may be given again that was given before. */
export const CacheMode = z.enum(["never", "asked", "exact", "semantic"]);
export type CacheMode = z.infer<typeof CacheMode>;

/** What may be rewritten before something is stored. Keys and tokens always are. */
export const RedactionRule = z.enum(["emails", "phones", "cards", "ip_addresses"]);
export type RedactionRule = z.infer<typeof RedactionRule>;

const MONTH_SECONDS = 2_678_400;

/** What a tenant says of its endpoint for models. */
export const EndpointSettings = z.object({
  cache: CacheMode.default("asked").meta({
    description:
      "never; asked: only for requests that ask for it; exact: the same request again; semantic: also one that means the same",
  }),
  cacheSeconds: z.int().min(1).max(MONTH_SECONDS).default(3_600),
  embeddingsModel: ModelId.nullable().default(null).meta({
    description: "What compares by meaning; without one nothing is",
  }),
  similarity: z.number().min(0.5).max(1).default(0.97).meta({
    description: "How alike two requests have to be for the same answer: the cosine",
  }),
  transcripts: z.boolean().default(false).meta({ description: "Keep what is said, redacted" }),
  transcriptDays: z.int().min(1).max(3_650).default(30),
  redact: z.array(RedactionRule).max(RedactionRule.options.length).default([]),
  requestsPerMinute: z.int().min(1).max(1_000_000).default(6_000).meta({
    description: "Of one caller to one route, in each process that serves them",
  }),
  maxOutputTokens: z.int().min(1).max(1_000_000).nullable().default(null).meta({
    description:
      "How long an answer may be where the request does not say; null: as the model likes, and 4,096 are reserved for it",
  }),
  onDisconnect: z.enum(["stop", "finish"]).default("stop").meta({
    description:
      "When a caller leaves: stop the model and count what had come, or read to the end for the exact bill",
  }),
});
export type EndpointSettings = z.infer<typeof EndpointSettings>;

/** What is left out stays as it is. */
export const SetEndpointInput = z
  .strictObject({
    cache: CacheMode,
    cacheSeconds: EndpointSettings.shape.cacheSeconds.unwrap(),
    embeddingsModel: ModelId.nullable(),
    similarity: EndpointSettings.shape.similarity.unwrap(),
    transcripts: z.boolean(),
    transcriptDays: EndpointSettings.shape.transcriptDays.unwrap(),
    redact: EndpointSettings.shape.redact.unwrap(),
    requestsPerMinute: EndpointSettings.shape.requestsPerMinute.unwrap(),
    maxOutputTokens: EndpointSettings.shape.maxOutputTokens.unwrap(),
    onDisconnect: EndpointSettings.shape.onDisconnect.unwrap(),
  })
  .partial();

export const ModelCallStatus = z.enum(["under_way", "succeeded", "failed", "abandoned", "lost"]);

const tokens = z.int().nullable();

/** One attempt at a provider. */
export const ModelCallView = z.object({
  callId: ModelCallId.meta({ description: "The request that it belongs to" }),
  attempt: z.int(),
  endpoint: z.enum(["chat", "responses", "embeddings"]),
  asked: z.string().meta({ description: "The model as the caller named it" }),
  provider: z.string(),
  model: z.string(),
  region: z.string(),
  policy: z.string().nullable(),
  reason: z.string().nullable(),
  status: ModelCallStatus,
  errorCode: z.string().nullable(),
  finishReason: z.string().nullable(),
  streamed: z.boolean(),
  cache: z.enum(["none", "miss", "exact", "semantic"]),
  tokens: z.object({
    input: tokens,
    cacheRead: tokens,
    cacheWrite: tokens,
    output: tokens,
    reasoning: tokens,
  }),
  estimated: z.boolean().meta({ description: "Counted here: the provider did not tell" }),
  costUsd: Usd.nullable().meta({ description: "null: nobody knows" }),
  latencyMs: z.int().nullable(),
  firstTokenMs: z.int().nullable(),
  runId: RunId.nullable(),
  stepId: StepId.nullable(),
  agentId: AgentId.nullable(),
  startedAt: Timestamp,
  endedAt: Timestamp.nullable(),
  transcript: z.boolean().meta({ description: "Whether what was said is kept" }),
});
export type ModelCallView = z.infer<typeof ModelCallView>;

export const ModelCallPage = pageOf(ModelCallView);

export const ListModelCallsInput = PageInput.extend({
  runId: RunId.optional(),
  agentId: AgentId.optional(),
  callId: ModelCallId.optional(),
  status: ModelCallStatus.optional(),
});

export const OneModelCall = z.strictObject({ callId: ModelCallId });

/** What was said in a call, as far as it is kept. */
export const TranscriptView = z.object({
  callId: ModelCallId,
  request: z.unknown(),
  answer: z.unknown(),
  redacted: z.int().meta({ description: "How many places were rewritten before it was stored" }),
  createdAt: Timestamp,
  expiresAt: Timestamp,
});
export type TranscriptView = z.infer<typeof TranscriptView>;

export const ForgottenAnswers = z.object({ forgotten: z.int() });
