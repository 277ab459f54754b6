import type { HealthState, HealthView } from "./health-view.ts";
import {
  HEALTH_OPTIONS,
  KEPT_MINUTES,
  MINUTE_MS,
  type HealthMinute,
  type HealthOptions,
  type HealthWindow,
} from "./health-window.ts";
import { addHistograms, countOf, quantileOf } from "./latency-histogram.ts";
import { emptyMinute, minuteOf, RECENT_MS } from "./observe.ts";

const RATE_MINUTES = 5;
/** A degraded one has so many failures among its ten newest calls. */
const SOME_FAILURES = 2;
/** A slow one takes so many times its usual, and so much longer. */
const TIMES_USUAL = 3;
const LONGER_MS = 250;
const ENOUGH_RECENT = 5;
const ENOUGH_USUAL = 20;
/** With fewer in five minutes the latency is that of the hour. */
const ENOUGH_FOR_LATENCY = 5;

/** Health at an instant, as decisions see it. */
export function viewOf(
  window: HealthWindow,
  now: number,
  options: HealthOptions = HEALTH_OPTIONS,
): HealthView {
  const hour = lastMinutes(window, now, KEPT_MINUTES);
  const newest = hour.filter(({ minute }) => minute > minuteOf(now) - RATE_MINUTES * MINUTE_MS);
  const samples = newest.reduce((sum, { calls }) => sum + calls, 0);
  const against = newest.reduce((sum, one) => sum + one.failed + one.rateLimited, 0);
  const fresh = addHistograms(newest.map(({ latency }) => latency));
  const latency =
    countOf(fresh) >= ENOUGH_FOR_LATENCY
      ? fresh
      : addHistograms(hour.map((minute) => minute.latency));
  const { rateLimit } = window;
  return {
    state: stateOf(window, hour, now, options),
    errorRate: samples === 0 ? 0 : against / samples,
    p50Ms: quantileOf(latency, 0.5),
    p95Ms: quantileOf(latency, 0.95),
    rateLimitedUntil: rateLimit !== null && rateLimit.until > now ? rateLimit.until : null,
    samples,
  };
}

function stateOf(
  { breaker, recent }: HealthWindow,
  hour: readonly HealthMinute[],
  now: number,
  options: HealthOptions,
): HealthState {
  if (breaker.open) {
    return now >= breaker.until && now >= breaker.trialUntil ? "half_open" : "open";
  }
  const known = recent.filter(({ at }) => at > now - RECENT_MS);
  const unwell = isFailing(known, now, options) || isSlow(known, hour, now, options);
  return unwell ? "degraded" : "healthy";
}

/** Only while the last failure is younger than a probe interval: then it is tried again. */
function isFailing(
  recent: HealthWindow["recent"],
  now: number,
  { probeIntervalMs }: HealthOptions,
): boolean {
  const failures = recent.filter(({ ok }) => !ok);
  if (failures.length < SOME_FAILURES) return false;
  return failures.some(({ at }) => at > now - probeIntervalMs);
}

function isSlow(
  recent: HealthWindow["recent"],
  hour: readonly HealthMinute[],
  now: number,
  { probeIntervalMs }: HealthOptions,
): boolean {
  const waits = recent.filter(({ ok }) => ok).map(({ waitMs }) => waitMs);
  if (waits.length < ENOUGH_RECENT) return false;
  const usually = addHistograms(hour.map(({ wait }) => wait));
  if (countOf(usually) < ENOUGH_USUAL) return false;
  const usual = quantileOf(usually, 0.5) ?? 0;
  const limit = Math.max(usual * TIMES_USUAL, usual + LONGER_MS);
  const middle = waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)] ?? 0;
  return (
    middle > limit && recent.some((one) => one.waitMs > limit && one.at > now - probeIntervalMs)
  );
}

/** The last 60 minutes, one each, the oldest first: for showing. */
export function minutesOf(window: HealthWindow, now: number): HealthMinute[] {
  const known = new Map(window.minutes.map((minute) => [minute.minute, minute]));
  const newest = minuteOf(now);
  return Array.from({ length: KEPT_MINUTES }, (_, i) => {
    const minute = newest - (KEPT_MINUTES - 1 - i) * MINUTE_MS;
    return known.get(minute) ?? emptyMinute(minute);
  });
}

function lastMinutes({ minutes }: HealthWindow, now: number, count: number): HealthMinute[] {
  return minutes.filter(({ minute }) => minute > minuteOf(now) - count * MINUTE_MS);
}
