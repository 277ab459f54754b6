import type { CallErrorCode } from "./call-outcome.ts";
import type { LatencyHistogram } from "./latency-histogram.ts";

/** One minute of a provider's model in a region. Minutes of several processes add up, field by field. */
export interface HealthMinute {
  /** Its begin, in milliseconds. */
  readonly minute: number;
  /** All calls, whatever became of them. */
  readonly calls: number;
  /** Of these, what counts against the provider. */
  readonly failed: number;
  readonly rateLimited: number;
  readonly errors: Readonly<Partial<Record<CallErrorCode, number>>>;
  /** Of the calls that went well, until the answer was whole. */
  readonly latency: LatencyHistogram;
  /** Of the calls that went well, until the first token, or the whole where none was told. */
  readonly wait: LatencyHistogram;
}

/**
 * What is remembered of a provider's model in a region: plain data, changed by `observe` and `beginTrial` alone.
 *
 * The breaker is a state machine. closed: calls go there; opens at four failures in a row, or five among the last ten of a minute.
 * open: nobody calls; after a probe interval it is half-open. half-open: the first to `beginTrial` may call, once a probe interval.
 * A call or probe that began after the opening and goes well closes it, one that fails opens it anew for a probe interval. What
 * began before a change says nothing about the time after it.
 */
export interface HealthWindow {
  /** Up to 60, the oldest first; minutes without calls are left out. */
  readonly minutes: readonly HealthMinute[];
  /** Up to ten of the newest verdicts since the breaker changed, the oldest first. */
  readonly recent: readonly {
    readonly at: number;
    readonly ok: boolean;
    readonly waitMs: number;
  }[];
  readonly breaker: {
    readonly open: boolean;
    /** Since when it is so. */
    readonly since: number;
    /** Of an open one: from when on a trial may be made. */
    readonly until: number;
    /** A trial is under way, at most until then. */
    readonly trialUntil: number;
  };
  /** The provider asked for a pause: when, until when, and how often in a row. */
  readonly rateLimit: {
    readonly at: number;
    readonly until: number;
    readonly inRow: number;
  } | null;
}

export const NO_HEALTH: HealthWindow = {
  minutes: [],
  recent: [],
  breaker: { open: false, since: 0, until: 0, trialUntil: 0 },
  rateLimit: null,
};

export interface HealthOptions {
  /** How long a failing provider is left alone until it is tried again. */
  readonly probeIntervalMs: number;
}

export const HEALTH_OPTIONS: HealthOptions = { probeIntervalMs: 15_000 };

export const MINUTE_MS = 60_000;
export const KEPT_MINUTES = 60;
