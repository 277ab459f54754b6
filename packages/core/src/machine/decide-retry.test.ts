import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { STEP_ERROR_CLASS, StepErrorCode } from "../errors/index.ts";
import { aStepState, numRuns, prng } from "../testing/index.ts";
import {
  RETRY_BASE_MS,
  RETRY_CAP_MS,
  RETRY_FLOOR_MS,
  decideRetry,
  type FailedAttempt,
} from "./decide-retry.ts";
import { transitionStep } from "./transition-step.ts";

function failed(overrides: Partial<FailedAttempt> = {}): FailedAttempt {
  return {
    code: "timeout",
    failures: 1,
    maxFailures: 3,
    crashes: 0,
    maxCrashes: 3,
    random: 0.5,
    ...overrides,
  };
}

describe("decideRetry", () => {
  test.each([
    [failed(), { action: "retry", delayMs: 500 }],
    [failed({ failures: 2 }), { action: "retry", delayMs: 1_000 }],
    [failed({ random: 0 }), { action: "retry", delayMs: RETRY_FLOOR_MS }],
    [
      failed({ failures: 30, maxFailures: 99, random: 0.999_999 }),
      { action: "retry", delayMs: RETRY_CAP_MS - 1 },
    ],
    [failed({ retryAfterMs: 60_000 }), { action: "retry", delayMs: 60_000 }],
    [failed({ failures: 3 }), { action: "fail", reason: "retries_exhausted" }],
    [failed({ code: "exit_nonzero" }), { action: "fail", reason: "permanent" }],
    [failed({ code: "shell_not_trusted" }), { action: "fail", reason: "policy" }],
    [failed({ code: "poison_crash" }), { action: "fail", reason: "poison" }],
    [
      failed({ code: "lease_lost", failures: 0, crashes: 1 }),
      { action: "retry", delayMs: RETRY_FLOOR_MS },
    ],
    [failed({ code: "lease_lost", failures: 0, crashes: 3 }), { action: "fail", reason: "poison" }],
  ])("%j", (attempt, decision) => expect(decideRetry(attempt)).toEqual(decision));

  const anAttempt: fc.Arbitrary<FailedAttempt> = fc.record({
    code: fc.constantFrom(...StepErrorCode.options),
    failures: fc.integer({ min: 1, max: 50 }),
    maxFailures: fc.integer({ min: 1, max: 50 }),
    crashes: fc.nat(5),
    maxCrashes: fc.integer({ min: 1, max: 5 }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });

  test("waits between floor and cap, and tries again only what may be tried again", () => {
    fc.assert(
      fc.property(anAttempt, (attempt) => {
        const decision = decideRetry(attempt);
        const delay = decision.action === "retry" ? decision.delayMs : RETRY_FLOOR_MS;
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(RETRY_FLOOR_MS);
        expect(delay).toBeLessThanOrEqual(RETRY_CAP_MS);
        const retryable = STEP_ERROR_CLASS[attempt.code] === "retryable";
        expect(decision.action === "retry" && !retryable).toBe(false);
      }),
      numRuns(10_000),
    );
  });

  test("agrees with the step's own count: what it lets try again, the transition queues", () => {
    fc.assert(
      fc.property(anAttempt, (attempt) => {
        fc.pre(attempt.code !== "lease_lost" && attempt.failures <= attempt.maxFailures);
        const retry = decideRetry(attempt).action === "retry";
        const state = aStepState({
          status: "running",
          epoch: 60,
          failures: attempt.failures - 1,
          maxFailures: attempt.maxFailures,
        });
        const result = transitionStep(state, {
          type: "fail",
          retry,
          inTime: true,
          epoch: 60,
          leaseRuns: true,
        });
        expect(result).toMatchObject({ ok: true, next: { status: retry ? "queued" : "failed" } });
      }),
      numRuns(10_000),
    );
  });

  test("spreads the waits evenly over the whole range, so that what failed together does not come back together", () => {
    for (const failures of [1, 4, 8, 11, 30]) {
      const random = prng(failures);
      const range = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** (failures - 1));
      const waits = Array.from({ length: 10_000 }, () => {
        const decision = decideRetry(failed({ failures, maxFailures: 99, random: random() }));
        return decision.action === "retry" ? decision.delayMs : -1;
      }).toSorted((a, b) => a - b);
      // Kolmogorov and Smirnov, p > 0.01; the floor takes what lies below it
      const distance = waits.reduce(
        (most, wait, i) =>
          wait <= RETRY_FLOOR_MS
            ? most
            : Math.max(most, Math.abs((i + 1) / waits.length - wait / range)),
        0,
      );
      expect(distance).toBeLessThan(1.63 / Math.sqrt(waits.length));
      expect(waits[0]).toBeGreaterThanOrEqual(RETRY_FLOOR_MS);
      expect(waits.at(-1)).toBeLessThanOrEqual(range);
    }
  });

  test("never waits less than the other side asked for", () => {
    const asked = fc.nat(10 * RETRY_CAP_MS);
    fc.assert(
      fc.property(anAttempt, asked, (attempt, retryAfterMs) => {
        const [plain, slowed] = [decideRetry(attempt), decideRetry({ ...attempt, retryAfterMs })];
        expect(slowed.action).toBe(plain.action);
        if (slowed.action !== "retry" || plain.action !== "retry") return;
        expect(slowed.delayMs).toBe(Math.max(plain.delayMs, retryAfterMs));
      }),
      numRuns(10_000),
    );
  });
});
