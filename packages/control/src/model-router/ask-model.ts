import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { Usage } from "@nofx/core/model-router";
import type { Clock } from "@nofx/core/seams";
import { usageOf } from "./usage-of.ts";

export interface ModelQuestion {
  readonly system: string;
  readonly prompt: string;
  /** JSON Schema of the answer. */
  readonly schema: { readonly name: string; readonly json: object };
  readonly seed: number;
  readonly timeLimitMs: number;
}

/** What became of a call. No text of the provider's errors: it may repeat what was sent, keys included. */
export type ModelAnswer =
  | { ok: true; text: string; usage: Usage | undefined; latencyMs: number }
  | { ok: false; code: ModelErrorCode; message: string; latencyMs: number };

export type ModelErrorCode =
  | "rate_limited"
  | "overloaded"
  | "refused_by_provider"
  | "unreachable"
  | "timed_out"
  | "no_answer";

/** Puts one question to one model, once: whether it is asked again is for the caller to decide, who pays for it. */
export async function askModel(
  clock: Clock,
  model: LanguageModelV4,
  question: ModelQuestion,
): Promise<ModelAnswer> {
  const { generateText, jsonSchema, NoObjectGeneratedError, Output } = await import("ai");
  // its warnings go to the console, with what was asked
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  const controller = new AbortController();
  const cancel = clock.timer(question.timeLimitMs, () => controller.abort(), { background: true });
  const begun = clock.now();
  const latencyMs = () => Math.round(clock.now() - begun);
  try {
    const { text, usage } = await generateText({
      model,
      system: question.system,
      prompt: question.prompt,
      seed: question.seed,
      output: Output.object({
        schema: jsonSchema(question.schema.json),
        name: question.schema.name,
      }),
      maxRetries: 0,
      abortSignal: controller.signal,
      telemetry: { recordInputs: false, recordOutputs: false, functionId: "nofx.ask-model" },
    });
    return { ok: true, text, usage: usageOf(usage), latencyMs: latencyMs() };
  } catch (error) {
    // an answer that is no JSON is an answer, and was paid for
    if (NoObjectGeneratedError.isInstance(error) && error.text !== undefined && error.text !== "") {
      const usage = error.usage === undefined ? undefined : usageOf(error.usage);
      return { ok: true, text: error.text, usage, latencyMs: latencyMs() };
    }
    const failure = controller.signal.aborted
      ? said("timed_out", `No answer within ${question.timeLimitMs / 1_000} s.`)
      : failureOf(error);
    return { ok: false, ...failure, latencyMs: latencyMs() };
  } finally {
    cancel();
  }
}

const said = (code: ModelErrorCode, message: string) => ({ code, message });

function failureOf(error: unknown): { code: ModelErrorCode; message: string } {
  const status = statusOf(error);
  if (status === 429) return said("rate_limited", "The provider takes no more requests now (429).");
  if (status !== undefined && status >= 500) {
    return said("overloaded", `The provider failed (${status}).`);
  }
  if (status !== undefined && status >= 400) {
    return said("refused_by_provider", `The provider refused the request (${status}).`);
  }
  if (status === undefined && error instanceof Error && error.name === "AI_APICallError") {
    return said("unreachable", "The provider could not be reached.");
  }
  return said("no_answer", "The provider's answer could not be read.");
}

function statusOf(error: unknown): number | undefined {
  const status: unknown =
    typeof error === "object" && error !== null ? Reflect.get(error, "statusCode") : undefined;
  return typeof status === "number" ? status : undefined;
}
