import type { CallErrorCode, CallOutcome } from "./call-outcome.ts";
import {
  HEALTH_OPTIONS,
  KEPT_MINUTES,
  MINUTE_MS,
  type HealthMinute,
  type HealthOptions,
  type HealthWindow,
} from "./health-window.ts";
import { withLatency } from "./latency-histogram.ts";

export const RECENT_MS = 60_000;
const RECENT_CALLS = 10;
const FAILURES_IN_ROW = 4;
const FAILURES_OF_RECENT = 5;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_OWN_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** What an outcome says about the provider. Total: a new code without a verdict does not compile. */
const VERDICTS: Record<CallErrorCode, "bad" | "limited" | "neutral"> = {
  rate_limited: "limited",
  overloaded: "bad",
  unreachable: "bad",
  timed_out: "bad",
  cut_off: "bad",
  no_answer: "bad",
  unauthorized: "bad",
  refused_by_provider: "neutral",
  cancelled: "neutral",
};

type Verdict = "good" | "bad" | "limited" | "neutral";

function verdictOf({ ok, code }: CallOutcome): Verdict {
  if (ok) return "good";
  return code === undefined ? "bad" : VERDICTS[code];
}

/** The window after one more call or probe. Outcomes may come late and in any order. */
export function observe(
  window: HealthWindow,
  outcome: CallOutcome,
  now: number,
  options: HealthOptions = HEALTH_OPTIONS,
): HealthWindow {
  const verdict = verdictOf(outcome);
  const minutes = withMinute(window.minutes, outcome, verdict, now);
  const rateLimit = rateLimitAfter(window.rateLimit, outcome, verdict);
  const next = { ...window, minutes, rateLimit };
  const { breaker } = window;
  if (outcome.at - outcome.latencyMs < breaker.since) return next;
  return breaker.open
    ? afterTrial(next, outcome, verdict, options)
    : afterCall(next, outcome, verdict, options);
}

function afterTrial(
  window: HealthWindow,
  outcome: CallOutcome,
  verdict: Verdict,
  { probeIntervalMs }: HealthOptions,
): HealthWindow {
  const { breaker } = window;
  switch (verdict) {
    case "good":
      return {
        ...window,
        breaker: { open: false, since: outcome.at, until: 0, trialUntil: 0 },
        recent: [recentOf(outcome)],
      };
    case "bad":
      return {
        ...window,
        breaker: { ...breaker, until: outcome.at + probeIntervalMs, trialUntil: 0 },
      };
    case "limited":
    case "neutral":
      // it says nothing: the next may try
      return { ...window, breaker: { ...breaker, trialUntil: 0 } };
  }
}

function afterCall(
  window: HealthWindow,
  outcome: CallOutcome,
  verdict: Verdict,
  { probeIntervalMs }: HealthOptions,
): HealthWindow {
  if (verdict === "limited" || verdict === "neutral") return window;
  const kept = window.recent.filter(({ at }) => at > outcome.at - RECENT_MS);
  const recent = [...kept, recentOf(outcome)].slice(-RECENT_CALLS);
  if (outcome.ok || !tooMany(recent)) return { ...window, recent };
  const breaker = {
    open: true,
    since: outcome.at,
    until: outcome.at + probeIntervalMs,
    trialUntil: 0,
  };
  return { ...window, recent, breaker };
}

const recentOf = ({ at, ok, firstTokenMs, latencyMs }: CallOutcome) => ({
  at,
  ok,
  waitMs: firstTokenMs ?? latencyMs,
});

function tooMany(recent: HealthWindow["recent"]): boolean {
  if (recent.filter(({ ok }) => !ok).length >= FAILURES_OF_RECENT) return true;
  return recent.length >= FAILURES_IN_ROW && recent.slice(-FAILURES_IN_ROW).every(({ ok }) => !ok);
}

function rateLimitAfter(
  before: HealthWindow["rateLimit"],
  { at, latencyMs, retryAfterMs }: CallOutcome,
  verdict: Verdict,
): HealthWindow["rateLimit"] {
  if (verdict === "good") return before !== null && at - latencyMs >= before.at ? null : before;
  // a 503 may ask for a pause too
  if (verdict !== "limited" && retryAfterMs === undefined) return before;
  const inRow = (before?.inRow ?? 0) + 1;
  const own = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(inRow - 1, 10), LONGEST_OWN_PAUSE_MS);
  const pause = Math.min(Math.max(retryAfterMs ?? own, 0), LONGEST_PAUSE_MS);
  return { at, until: Math.max(before?.until ?? 0, at + pause), inRow };
}

function withMinute(
  minutes: readonly HealthMinute[],
  outcome: CallOutcome,
  verdict: Verdict,
  now: number,
): readonly HealthMinute[] {
  const oldest = minuteOf(now) - (KEPT_MINUTES - 1) * MINUTE_MS;
  const minute = minuteOf(outcome.at);
  const kept = minutes.filter((one) => one.minute >= oldest);
  if (minute < oldest) return kept;
  const place = kept.findIndex((one) => one.minute >= minute);
  const found = place < 0 ? undefined : kept[place];
  const exists = found?.minute === minute;
  const counted = count(exists ? found : emptyMinute(minute), outcome, verdict);
  kept.splice(place < 0 ? kept.length : place, exists ? 1 : 0, counted);
  return kept;
}

export function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

export function emptyMinute(minute: number): HealthMinute {
  return { minute, calls: 0, failed: 0, rateLimited: 0, errors: {}, latency: [], wait: [] };
}

function count(
  minute: HealthMinute,
  { ok, code, latencyMs, firstTokenMs }: CallOutcome,
  verdict: Verdict,
): HealthMinute {
  return {
    minute: minute.minute,
    calls: minute.calls + 1,
    failed: minute.failed + (verdict === "bad" ? 1 : 0),
    rateLimited: minute.rateLimited + (verdict === "limited" ? 1 : 0),
    errors:
      ok || code === undefined
        ? minute.errors
        : { ...minute.errors, [code]: (minute.errors[code] ?? 0) + 1 },
    latency: ok ? withLatency(minute.latency, latencyMs) : minute.latency,
    wait: ok ? withLatency(minute.wait, firstTokenMs ?? latencyMs) : minute.wait,
  };
}
