import { STEP_ERROR_CLASS, type StepErrorCode } from "../errors/index.ts";

export const RETRY_BASE_MS = 1_000;
export const RETRY_CAP_MS = 15 * 60_000;
export const RETRY_FLOOR_MS = 100;

export interface FailedAttempt {
  readonly code: StepErrorCode;
  /** Failures so far, this one among them. */
  readonly failures: number;
  readonly maxFailures: number;
  /** Times the executor vanished so far; with code `lease_lost`, this one among them. */
  readonly crashes: number;
  readonly maxCrashes: number;
  /** A number in [0, 1), given by the caller. */
  readonly random: number;
  /** The least wait that the other side asked for. */
  readonly retryAfterMs?: number;
}

export type RetryDecision =
  | { readonly action: "retry"; readonly delayMs: number }
  | {
      readonly action: "fail";
      readonly reason: "permanent" | "policy" | "budget" | "poison" | "retries_exhausted";
    };

/**
 * What to do about a failed attempt, by the class of its error code and by nothing else. The wait is drawn from the
 * whole range (full jitter), which spreads retries better than a wait with a little noise on it.
 */
export function decideRetry(attempt: FailedAttempt): RetryDecision {
  const errorClass = STEP_ERROR_CLASS[attempt.code];
  if (errorClass !== "retryable") return { action: "fail", reason: errorClass };
  // An executor that vanished says nothing about the work itself: counted apart, and queued again at once.
  if (attempt.code === "lease_lost") {
    if (attempt.crashes >= attempt.maxCrashes) return { action: "fail", reason: "poison" };
    return { action: "retry", delayMs: Math.max(RETRY_FLOOR_MS, attempt.retryAfterMs ?? 0) };
  }
  if (attempt.failures >= attempt.maxFailures)
    return { action: "fail", reason: "retries_exhausted" };
  return { action: "retry", delayMs: retryDelayMs(attempt) };
}

function retryDelayMs({ failures, random, retryAfterMs = 0 }: FailedAttempt): number {
  const range = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.max(0, failures - 1));
  return Math.max(RETRY_FLOOR_MS, retryAfterMs, Math.round(range * random));
}
