import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numRuns } from "../../testing/index.ts";
import { beginTrial } from "./begin-trial.ts";
import { CallErrorCode, type CallOutcome } from "./call-outcome.ts";
import { HEALTH_OPTIONS, MINUTE_MS, NO_HEALTH, type HealthWindow } from "./health-window.ts";
import { bucketOf, quantileOf, withLatency } from "./latency-histogram.ts";
import { observe } from "./observe.ts";
import { minutesOf, viewOf } from "./view-of.ts";

const { probeIntervalMs } = HEALTH_OPTIONS;
const START = 100 * MINUTE_MS;
const good = (at: number, latencyMs = 100): CallOutcome => ({ ok: true, latencyMs, at });
const bad = (at: number, code: CallErrorCode = "overloaded"): CallOutcome => ({
  ok: false,
  code,
  latencyMs: 100,
  at,
});
const after = (outcomes: readonly CallOutcome[], from: HealthWindow = NO_HEALTH) =>
  outcomes.reduce((window, outcome) => observe(window, outcome, outcome.at), from);

const BAD: CallErrorCode[] = [
  "overloaded",
  "unreachable",
  "timed_out",
  "cut_off",
  "no_answer",
  "unauthorized",
];
const outcomes = fc
  .array(
    fc.record({
      gap: fc.nat(20_000),
      latencyMs: fc.nat(30_000),
      code: fc.option(fc.constantFrom(...CallErrorCode.options), { nil: undefined }),
      retryAfterMs: fc.option(fc.nat(120_000), { nil: undefined }),
    }),
    { maxLength: 60 },
  )
  .map((list) => {
    let at = START;
    return list.map(({ gap, latencyMs, code, retryAfterMs }): CallOutcome => {
      at += gap;
      return {
        ok: code === undefined,
        latencyMs,
        at,
        ...(code !== undefined && { code, ...(retryAfterMs !== undefined && { retryAfterMs }) }),
      };
    });
  });

describe("the breaker", () => {
  it("leaves a provider that starts failing within five bad calls, whatever was before", () => {
    fc.assert(
      fc.property(
        outcomes,
        fc.array(fc.constantFrom(...BAD), { minLength: 5, maxLength: 5 }),
        (before, codes) => {
          // calls that begin after all that was before has ended
          const from = (before.at(-1)?.at ?? START) + 1_000;
          const window = after(
            codes.map((code, i) => bad(from + i * 500, code)),
            after(before),
          );
          expect(viewOf(window, from + 2_001).state).toBe("open");
        },
      ),
      numRuns(2_000),
    );
  });

  it("leaves one of which every other call fails, before ten calls", () => {
    const calls = Array.from({ length: 10 }, (_, i) =>
      i % 2 === 0 ? good(START + i * 1_000) : bad(START + i * 1_000),
    );
    expect(viewOf(after(calls), START + 9_000).state).toBe("open");
  });

  it("returns within a probe interval after the provider healed", () => {
    fc.assert(
      fc.property(outcomes, fc.nat(120_000), (before, failing) => {
        const from = (before.at(-1)?.at ?? START) + 1_000;
        // it fails for a while, then at each probe, then heals
        const failures = Array.from({ length: 10 }, (_, i) => from + i * 500);
        for (let left = failing; left > 0; left -= probeIntervalMs) {
          failures.push((failures.at(-1) ?? from) + probeIntervalMs);
        }
        let window = after(
          failures.map((at) => bad(at)),
          after(before),
        );
        const last = failures.at(-1) ?? from;
        const tried = last + probeIntervalMs;
        expect(viewOf(window, tried).state).toBe("half_open");
        window = observe(beginTrial(window, tried) ?? NO_HEALTH, good(tried + 100), tried + 100);
        expect(viewOf(window, tried + 100).state).toBe("healthy");
      }),
      numRuns(1_000),
    );
  });

  it("lets one call try, not all that come at once", () => {
    const open = after([0, 1, 2, 3].map((i) => bad(START + i)));
    const then = START + 3 + probeIntervalMs;
    expect(beginTrial(open, then - 1)).toBeUndefined();
    const tried = beginTrial(open, then) as HealthWindow;
    expect(viewOf(tried, then).state).toBe("open");
    expect(beginTrial(tried, then + 1)).toBeUndefined();
    // one that died is not waited for
    expect(viewOf(tried, then + probeIntervalMs).state).toBe("half_open");
    // one that failed opens anew
    const failed = observe(tried, bad(then + 200), then + 200);
    expect(viewOf(failed, then + 200 + probeIntervalMs - 1).state).toBe("open");
    expect(viewOf(failed, then + 200 + probeIntervalMs).state).toBe("half_open");
    // one that was called off says nothing: the next may try
    expect(viewOf(observe(tried, bad(then + 200, "cancelled"), then + 200), then + 200).state).toBe(
      "half_open",
    );
  });

  it("is not moved by what began before it changed", () => {
    const open = after([0, 1, 2, 3].map((i) => bad(START + 1_000 + i)));
    const late = observe(open, good(START + 2_000, 1_500), START + 2_000);
    expect(viewOf(late, START + 2_000).state).toBe("open");
    const healed = observe(open, good(START + 20_000, 100), START + 20_000);
    const failures = [1, 2, 3, 4, 5].map((i) => ({ ...bad(START + 20_000 + i), latencyMs: 5_000 }));
    expect(viewOf(after(failures, healed), START + 20_010).state).toBe("healthy");
  });

  it("does not hold against a provider what it refuses or what callers call off", () => {
    const window = after(
      Array.from({ length: 50 }, (_, i) =>
        bad(START + i, i % 2 === 0 ? "refused_by_provider" : "cancelled"),
      ),
    );
    expect(viewOf(window, START + 60)).toMatchObject({ state: "healthy", errorRate: 0 });
  });
});

describe("what was before it healed", () => {
  it("does not make it degraded, nor open it again at the next failure", () => {
    const open = after([0, 1, 2, 3].map((i) => bad(START + i)));
    // a probe, before a trial would be due
    const healed = observe(open, good(START + 2_000), START + 2_000);
    expect(viewOf(healed, START + 2_000).state).toBe("healthy");
    const failed = observe(healed, bad(START + 3_000), START + 3_000);
    expect(viewOf(failed, START + 3_000).state).toBe("healthy");
  });
});

describe("degraded", () => {
  it("is one with two failures of ten, for a probe interval after the last", () => {
    const calls = Array.from({ length: 10 }, (_, i) =>
      i === 3 || i === 9 ? bad(START + i * 1_000) : good(START + i * 1_000),
    );
    const window = after(calls);
    expect(viewOf(window, START + 9_000).state).toBe("degraded");
    expect(viewOf(window, START + 9_000 + probeIntervalMs).state).toBe("healthy");
    expect(viewOf(after(calls.slice(0, 9)), START + 9_000).state).toBe("healthy");
  });

  it("is one that takes three times its usual", () => {
    const usual = Array.from({ length: 40 }, (_, i) => good(START + i * 1_000, 200));
    const slow = Array.from({ length: 6 }, (_, i) => good(START + 41_000 + i * 1_000, 900));
    expect(viewOf(after(usual), START + 47_000).state).toBe("healthy");
    expect(viewOf(after([...usual, ...slow]), START + 47_000).state).toBe("degraded");
    // a long answer that begins soon is not slow
    const long = slow.map((one) => ({
      ...one,
      latencyMs: 9_000,
      firstTokenMs: 200,
      at: one.at + 9_000,
    }));
    expect(viewOf(after([...usual, ...long]), START + 56_000).state).toBe("healthy");
  });
});

describe("rate limits", () => {
  const limited = (at: number, retryAfterMs?: number): CallOutcome => ({
    ...bad(at, "rate_limited"),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });

  it("pause for as long as the provider says, and do not open the breaker", () => {
    const window = after([0, 1, 2, 3, 4].map((i) => limited(START + i, 7_000)));
    expect(viewOf(window, START + 5)).toMatchObject({
      state: "healthy",
      rateLimitedUntil: START + 4 + 7_000,
      errorRate: 1,
    });
    expect(viewOf(window, START + 8_000).rateLimitedUntil).toBeNull();
  });

  it("pause longer each time where it says nothing, at most a minute", () => {
    let window = NO_HEALTH;
    const pauses = Array.from({ length: 10 }, (_, i) => {
      const at = START + i * 100_000;
      window = observe(window, limited(at), at);
      return (viewOf(window, at).rateLimitedUntil ?? 0) - at;
    });
    expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(pauses.at(-1)).toBe(60_000);
  });

  it("are over when a later call goes well", () => {
    const window = observe(NO_HEALTH, limited(START, 600_000), START);
    const early = observe(window, good(START + 50, 100), START + 50);
    expect(viewOf(early, START + 60).rateLimitedUntil).toBe(START + 600_000);
    const later = observe(window, good(START + 500, 100), START + 500);
    expect(viewOf(later, START + 501).rateLimitedUntil).toBeNull();
  });
});

describe("minutes", () => {
  it("are sixty, and add up to the calls of the last hour in whatever order they came", () => {
    const offsets = fc.array(fc.tuple(fc.nat(90 * MINUTE_MS), fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(offsets, (calls) => {
        const now = START + 90 * MINUTE_MS;
        const window = calls.reduce(
          (so, [offset, ok]) => observe(so, ok ? good(START + offset) : bad(START + offset), now),
          NO_HEALTH,
        );
        const minutes = minutesOf(window, now);
        expect(minutes).toHaveLength(60);
        const first = minutes[0]?.minute ?? 0;
        const within = calls.filter(([offset]) => START + offset >= first);
        expect(minutes.reduce((sum, { calls: n }) => sum + n, 0)).toBe(within.length);
        expect(minutes.reduce((sum, { failed }) => sum + failed, 0)).toBe(
          within.filter(([, ok]) => !ok).length,
        );
        expect(window.minutes.length).toBeLessThanOrEqual(60);
        expect(JSON.parse(JSON.stringify(window))).toEqual(window);
      }),
      numRuns(500),
    );
  });

  it("tell latencies to within a tenth", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 550_000 }), (ms) => {
        const told = quantileOf(withLatency([], ms), 0.5) ?? 0;
        expect(Math.abs(told - ms)).toBeLessThan(ms / 10 + 1);
        expect(bucketOf(ms + 1)).toBeGreaterThanOrEqual(bucketOf(ms));
      }),
      numRuns(1_000),
    );
    expect(quantileOf([], 0.5)).toBeNull();
    const ten = [...Array<number>(9).fill(100), 9_000].reduce(withLatency, []);
    expect(quantileOf(ten, 0.9)).toBeLessThan(110);
    expect(quantileOf(ten, 0.95)).toBeGreaterThan(8_000);
  });
});
