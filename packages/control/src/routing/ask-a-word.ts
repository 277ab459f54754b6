import type { CallErrorCode, Candidate } from "@nofx/core/model-router";
import { abortAfter } from "@nofx/core/seams";
import type { Plane } from "../command/plane.ts";
import {
  ProviderFailure,
  providerEmbeddingModel,
  providerModel,
} from "../model-router/providers/index.ts";
import { useKey, type KeyUse } from "../vault/index.ts";

export interface Word {
  readonly ok: boolean;
  readonly code?: CallErrorCode;
  readonly message: string;
  readonly latencyMs: number;
  readonly retryAfterMs?: number;
}

const LONGEST_MS = 30_000;
/** Some providers refuse fewer. */
const FEW_TOKENS = 16;

/** Asks a model for a word, to learn whether it answers. Costs a few tokens. Throws where its key cannot be used. */
export async function askAWord(
  plane: Plane,
  candidate: Candidate,
  { tenantId, who }: Pick<KeyUse, "tenantId" | "who">,
): Promise<Word> {
  const { clock } = plane;
  const { provider } = candidate;
  const secret = await secretOf(plane, candidate, { tenantId, who });
  const route = { ...candidate, structuredOutputs: plane.models.knowsSchemas(provider) };
  const deps = { clock, network: plane.providerNetwork };
  const { signal: abortSignal, cancel } = abortAfter(clock, LONGEST_MS);
  const begun = clock.now();
  const latencyMs = () => Math.max(0, Math.round(clock.now() - begun));
  try {
    if (candidate.capabilities.includes("embeddings")) {
      const model = await providerEmbeddingModel(route, secret, deps);
      await model.doEmbed({ values: ["ping"], abortSignal });
    } else {
      const model = await providerModel(route, secret, deps);
      await model.doGenerate({
        prompt: [{ role: "user", content: [{ type: "text", text: "ping" }] }],
        maxOutputTokens: FEW_TOKENS,
        abortSignal,
      });
    }
    return { ok: true, message: "It answers.", latencyMs: latencyMs() };
  } catch (error) {
    if (error instanceof ProviderFailure) {
      const { outcome: code, message, retryAfterMs } = error;
      return {
        ok: false,
        code,
        message,
        latencyMs: latencyMs(),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      };
    }
    if (!abortSignal.aborted) throw error;
    const message = `No answer within ${LONGEST_MS / 1_000} s.`;
    return { ok: false, code: "timed_out", message, latencyMs: latencyMs() };
  } finally {
    cancel();
  }
}

async function secretOf(
  plane: Plane,
  { provider, keyName, baseUrl }: Candidate,
  { tenantId, who }: Pick<KeyUse, "tenantId" | "who">,
): Promise<string | null> {
  const own = plane.models.keyOf(provider, baseUrl);
  if (own !== undefined) return own;
  if (keyName === null) return null;
  const { secret } = await useKey(plane, {
    tenantId,
    provider,
    name: keyName,
    who,
    purpose: "probe",
  });
  return secret;
}
