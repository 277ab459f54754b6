import { z } from "zod";

/**
 * healthy: nothing against it. degraded: it answers, but errors or delays stand out; others go first. open: it is left alone.
 * half_open: left alone long enough; one call may try it.
 */
export const HealthState = z.enum(["healthy", "degraded", "open", "half_open"]);
export type HealthState = z.infer<typeof HealthState>;

/** What a decision knows of a candidate's health at an instant. */
export interface HealthView {
  readonly state: HealthState;
  /** Of the last five minutes, 0 to 1. */
  readonly errorRate: number;
  /** Until the answer was whole; null where nothing was measured within the hour. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** The provider asked for a pause until then, in milliseconds. */
  readonly rateLimitedUntil: number | null;
  /** Calls of the last five minutes. */
  readonly samples: number;
}

/** Of a candidate that nobody has called yet. */
export const UNKNOWN_HEALTH: HealthView = {
  state: "healthy",
  errorRate: 0,
  p50Ms: null,
  p95Ms: null,
  rateLimitedUntil: null,
  samples: 0,
};
