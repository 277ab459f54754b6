import { APICallError } from "@ai-sdk/provider";
import { ProviderFailure } from "./provider-failure.ts";
import { refusalOf, said } from "./refusal-of.ts";

/** Whatever a model throws, as a failure of ours. Of the error nothing is kept but what kind it is. */
export function failureOf(error: unknown, signal: AbortSignal | undefined): ProviderFailure {
  const ours = ProviderFailure.in(error);
  if (ours !== undefined) return ours;
  if (signal?.aborted === true) return said(timedOut(signal) ? "timed_out" : "cancelled");
  if (APICallError.isInstance(error) && (error.statusCode ?? 200) >= 300) {
    return refusalOf(error.statusCode ?? 500, "", () => undefined, new Date(0));
  }
  if (error instanceof Error && error.name === "AI_UnsupportedFunctionalityError") {
    return new ProviderFailure(
      "refused_by_provider",
      "The request has something that this provider's protocol cannot say.",
    );
  }
  return toldInStream(error) ?? said("no_answer");
}

function timedOut({ reason }: AbortSignal): boolean {
  return reason instanceof Error && reason.name === "TimeoutError";
}

/** Providers also fail within a stream that began with 200: by a type or a code, each its own. */
function toldInStream(error: unknown): ProviderFailure | undefined {
  if (error instanceof Error && !("data" in error)) return undefined;
  const told = JSON.stringify(error instanceof Error ? Reflect.get(error, "data") : error) ?? "";
  const status = statusTold(told);
  return status === undefined ? undefined : refusalOf(status, told, () => undefined, new Date(0));
}

function statusTold(told: string): number | undefined {
  if (/rate_limit|RESOURCE_EXHAUSTED|insufficient_quota/i.test(told)) return 429;
  if (/overloaded|server_error|api_error|UNAVAILABLE|INTERNAL|timeout/i.test(told)) return 503;
  if (/authentication|permission|invalid_api_key/i.test(told)) return 401;
  return /invalid_request|context_length/i.test(told) ? 400 : undefined;
}
