import type { EmbeddingModelV4Result } from "@ai-sdk/provider";
import { canonicalJson } from "@nofx/core/canonical";
import type { Route } from "@nofx/core/model-router";
import {
  findKeptAnswer,
  keepModelAnswer,
  nearKeptAnswers,
  type KeptAnswerRecord,
} from "@nofx/db/queries";
import type { Plane } from "../command/plane.ts";
import type { EmbeddingCall, ModelCall } from "../model-router/wire/index.ts";
import type { AnswerContent } from "./answer-content.ts";
import type { ModelCaller } from "./caller.ts";
import { cosine, floatsOf, packFloats, unitOf } from "./embedding-bytes.ts";
import { hooksOf, redact } from "./redact.ts";
import type { CallWishes } from "./wishes.ts";

/** How alike a request has to be to one before, for the same answer. */
export type CacheUse = "exact" | "semantic";

/** What is looked up, and kept under if nothing was found. */
export interface CacheKey {
  readonly use: CacheUse;
  readonly digest: string;
  readonly scope: string;
  /** The last thing that was said; undefined where it is no plain text. */
  readonly said: string | undefined;
  /** Made at most once, where it is compared by meaning. */
  embedding?: { readonly model: string; readonly vector: Float32Array };
}

/** How many are compared by meaning. */
const COMPARED = 200;

/** Whether a kept answer would do: what the tenant allows, and the request asks for. */
export function cacheUseOf(
  { settings }: ModelCaller,
  wishes: Pick<CallWishes, "cache">,
): CacheUse | undefined {
  if (settings.cache === "never" || wishes.cache === "off") return undefined;
  const asked = wishes.cache ?? (settings.cache === "asked" ? undefined : settings.cache);
  if (asked === "semantic" && settings.embeddingsModel === null) return "exact";
  return asked;
}

/** Undefined for a request that has no canonical form. */
export function cacheKeyOf(
  { sha256 }: Plane,
  use: CacheUse,
  call: ModelCall | EmbeddingCall,
  route: Pick<Route, "provider" | "model" | "region">,
): CacheKey | undefined {
  const { provider, model, region } = route;
  // addresses of files become text, what is undefined nothing
  const options = JSON.parse(JSON.stringify(call.options)) as Record<string, unknown>;
  const told = { api: call.api === "embeddings" ? "embeddings" : "chat", provider, model, region };
  const encoding = call.api === "embeddings" ? call.encoding : undefined;
  try {
    const digest = sha256(canonicalJson({ ...told, encoding, options }));
    const { said, rest } = splitLast(call);
    return {
      use,
      digest,
      scope: sha256(canonicalJson({ ...told, options: { ...options, prompt: rest } })),
      said,
    };
  } catch {
    return undefined;
  }
}

/** What an answer is kept under: the model that gave it, which need not be the one that was meant to. */
export function keyOfAnswer(
  plane: Plane,
  key: CacheKey,
  call: ModelCall | EmbeddingCall,
  route: Pick<Route, "provider" | "model" | "region">,
): CacheKey | undefined {
  const own = cacheKeyOf(plane, key.use, call, route);
  return own && { ...own, ...(key.embedding !== undefined && { embedding: key.embedding }) };
}

/** The last words of the user, and what was said before. */
function splitLast(call: ModelCall | EmbeddingCall): { said: string | undefined; rest: unknown } {
  if (call.api === "embeddings") return { said: undefined, rest: null };
  const prompt = JSON.parse(JSON.stringify(call.options.prompt)) as typeof call.options.prompt;
  const last = prompt.at(-1);
  if (last?.role !== "user" || last.content.some(({ type }) => type !== "text")) {
    return { said: undefined, rest: prompt };
  }
  const said = last.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
  return { said, rest: prompt.slice(0, -1) };
}

export interface KeptAnswer {
  readonly how: CacheUse;
  readonly provider: string;
  readonly model: string;
  readonly answer: unknown;
}

/** An answer that was given before, in this tenant, to this request or to one that means the same. */
export async function findKept(
  plane: Plane,
  caller: ModelCaller,
  key: CacheKey,
  embed: (text: string) => Promise<readonly number[]>,
): Promise<KeptAnswer | undefined> {
  const { claims, tenantId, settings } = caller;
  const found = (digest: string) => findKeptAnswer(plane.db, claims, { tenantId, digest });
  const same = await found(key.digest);
  if (same !== undefined) return asKept(same, "exact");
  const { embeddingsModel } = settings;
  if (key.use !== "semantic" || key.said === undefined || embeddingsModel === null)
    return undefined;
  const vector = unitOf(await embed(key.said));
  key.embedding = { model: embeddingsModel, vector };
  const near = await nearKeptAnswers(plane.db, claims, {
    tenantId,
    scope: key.scope,
    embeddingModel: embeddingsModel,
    limit: COMPARED,
  });
  let best: { digest: string; alike: number } | undefined;
  for (const { digest, embedding } of near) {
    const alike = cosine(vector, floatsOf(embedding));
    if (alike >= settings.similarity && alike > (best?.alike ?? -1)) best = { digest, alike };
  }
  const record = best === undefined ? undefined : await found(best.digest);
  return record === undefined ? undefined : asKept(record, "semantic");
}

function asKept({ provider, model, answer }: KeptAnswerRecord, how: CacheUse): KeptAnswer {
  return { how, provider, model, answer };
}

/** Keeps an answer to give it again. One that redaction would rewrite is not kept: it would be another. */
export async function keepAnswer(
  plane: Plane,
  caller: ModelCaller,
  key: CacheKey,
  of: {
    route: Pick<Route, "provider" | "model">;
    callId: string;
    answer: AnswerContent | EmbeddingModelV4Result;
    seconds: number | undefined;
  },
): Promise<void> {
  const plain = JSON.parse(JSON.stringify(of.answer)) as unknown;
  if (redact(plain, hooksOf(caller.settings.redact)).rewritten > 0) return;
  await keepModelAnswer(
    plane.db,
    caller.claims,
    {
      tenant_id: caller.tenantId,
      digest: key.digest,
      scope: key.scope,
      provider: of.route.provider,
      model: of.route.model,
      answer: plain,
      embedding_model: key.embedding?.model ?? null,
      call_id: of.callId,
    },
    {
      embedding: key.embedding === undefined ? null : packFloats(key.embedding.vector),
      seconds: Math.min(of.seconds ?? caller.settings.cacheSeconds, 2_678_400),
    },
  );
}
