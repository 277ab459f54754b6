import { z } from "zod";

/** How a call went wrong, by whose fault it may be. */
export const CallErrorCode = z.enum([
  "rate_limited",
  "overloaded",
  "unreachable",
  "timed_out",
  // a stream that ended before it was whole
  "cut_off",
  // an answer that cannot be read
  "no_answer",
  "unauthorized",
  "refused_by_provider",
  // by the caller
  "cancelled",
]);
export type CallErrorCode = z.infer<typeof CallErrorCode>;

/** What became of one call or probe. */
export interface CallOutcome {
  readonly ok: boolean;
  readonly code?: CallErrorCode;
  readonly latencyMs: number;
  readonly firstTokenMs?: number;
  /** What the provider asked for with a 429 or 503. */
  readonly retryAfterMs?: number;
  /** When it ended, in milliseconds. */
  readonly at: number;
}
