import { describe, expect, test } from "vitest";
import { NofxApiError, type ApiErrorCode } from "../errors/index.ts";
import { backoffMs, retryAfterSeconds, retryDelayMs } from "./retry.ts";

const error = (code: ApiErrorCode, status?: number, wait?: number) =>
  new NofxApiError({ code, message: "x", call: "GET /agent", status, retryAfterSeconds: wait });

describe("backoff", () => {
  test("grows to 15 s and never falls below 50 ms", () => {
    expect([0, 1, 2, 6, 7, 1_000].map((tries) => backoffMs(tries, () => 1))).toEqual([
      250, 500, 1_000, 15_000, 15_000, 15_000,
    ]);
    expect(backoffMs(3, () => 0)).toBe(50);
  });
});

describe("what is tried again", () => {
  test.each<[ApiErrorCode, number | undefined, boolean]>([
    ["network_error", undefined, true],
    ["unavailable", 503, true],
    ["internal", 500, true],
    ["bad_response", 502, true],
    ["rate_limited", 429, true],
    ["idempotency_in_flight", 409, true],
    ["lease_lost", 409, false],
    ["conflict", 409, false],
    ["unauthenticated", 401, false],
    ["bad_response", 200, false],
    ["bad_response", 404, false],
  ])("%s with status %s: %s", (code, status, again) => {
    expect(retryDelayMs(error(code, status), 0, () => 0) !== undefined).toBe(again);
  });

  test("not before the server said", () => {
    expect(retryDelayMs(error("rate_limited", 429, 30), 0, () => 0)).toBeGreaterThanOrEqual(30_000);
  });
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterSeconds("2.5", now)).toBe(2.5);
  expect(retryAfterSeconds("Thu, 01 Jan 2026 00:00:10 GMT", now)).toBe(10);
  expect(retryAfterSeconds("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect([null, "", "soon"].map((header) => retryAfterSeconds(header, now))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
