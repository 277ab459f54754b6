import type { HealthState, HealthView } from "@nofx/core/model-router";

const BADNESS: Record<HealthState, number> = { healthy: 0, degraded: 1, half_open: 2, open: 3 };

/** A tenant's own view, made worse by what all see. Latencies are the tenant's own where it has any. */
export function worseHealth(own: HealthView, shared: HealthView): HealthView {
  if (shared.samples === 0 && shared.state === "healthy" && shared.rateLimitedUntil === null) {
    return own;
  }
  const worse = BADNESS[shared.state] > BADNESS[own.state] ? shared : own;
  const measured = own.p50Ms === null ? shared : own;
  const until = Math.max(own.rateLimitedUntil ?? 0, shared.rateLimitedUntil ?? 0);
  return {
    state: worse.state,
    errorRate: Math.max(own.errorRate, shared.errorRate),
    p50Ms: measured.p50Ms,
    p95Ms: measured.p95Ms,
    rateLimitedUntil: until === 0 ? null : until,
    samples: own.samples + shared.samples,
  };
}
