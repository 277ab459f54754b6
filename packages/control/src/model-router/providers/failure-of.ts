import { APICallError } from "@ai-sdk/provider";
import { ProviderFailure } from "./provider-failure.ts";
import { refusalOf, said } from "./refusal-of.ts";

/** Whatever a model throws, as a failure of ours. Of the error nothing is kept but what kind it is. */
export function failureOf(error: unknown, signal: AbortSignal | undefined): ProviderFailure {
  const ours = ProviderFailure.in(error);
  if (ours !== undefined) return ours;
  if (signal?.aborted === true) return said(timedOut(signal) ? "timed_out" : "cancelled");
  if (APICallError.isInstance(error) && (error.statusCode ?? 200) >= 300) {
    const { statusCode = 500, responseHeaders = {} } = error;
    return refusalOf(statusCode, "", { header: (name) => responseHeaders[name] });
  }
  if (error instanceof Error && error.name === "AI_UnsupportedFunctionalityError") {
    return new ProviderFailure(
      "refused_by_provider",
      "The request has something that this provider's protocol cannot say.",
    );
  }
  if (endedEarly(error)) return said("cut_off");
  return toldInStream(error) ?? said("no_answer");
}

function timedOut({ reason }: AbortSignal): boolean {
  return reason instanceof Error && reason.name === "TimeoutError";
}

/** The compatible provider's way to say that its stream had no end: an answer that is nothing. */
function endedEarly(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === "AI_InvalidResponseDataError" &&
    Reflect.get(error, "data") === undefined
  );
}

/** Providers also fail within a stream that began with 200: by a type or a code, each its own. */
function toldInStream(error: unknown): ProviderFailure | undefined {
  // of an error of the AI SDK what it was made of; its message quotes too much
  const value: unknown =
    error instanceof Error ? (Reflect.get(error, "data") ?? Reflect.get(error, "value")) : error;
  const status = statusTold(wordsOf(value).join(" "));
  if (status === undefined) return undefined;
  return refusalOf(status, JSON.stringify(value));
}

/** What kind of error it is, by the fields in which providers say so. */
function wordsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { type, code, status, error } = value as Record<string, unknown>;
  const own = [type, code, status].flatMap((word) =>
    typeof word === "string" || typeof word === "number" ? [String(word)] : [],
  );
  return [...own, ...wordsOf(error)];
}

function statusTold(words: string): number | undefined {
  if (/rate_limit|RESOURCE_EXHAUSTED|insufficient_quota|\b429\b/i.test(words)) return 429;
  if (/overloaded|server_error|api_error|UNAVAILABLE|INTERNAL|timeout|\b5\d\d\b/i.test(words))
    return 503;
  if (/authentication|permission|invalid_api_key|\b40[13]\b/i.test(words)) return 401;
  return /invalid_request|context_length|\b400\b/i.test(words) ? 400 : undefined;
}
