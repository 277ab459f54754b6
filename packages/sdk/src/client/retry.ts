import type { NofxApiError } from "../errors/index.ts";

const BASE_MS = 250;
const CAP_MS = 15_000;
const FLOOR_MS = 50;

/** Full jitter: many agents that lost the same server do not come back at the same instant. */
export function backoffMs(tries: number, random: () => number): number {
  return Math.max(FLOOR_MS, random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(tries, 16)));
}

/** How long to wait before trying again, or undefined when trying again would not help. Decided by code, then status. */
export function retryDelayMs(
  error: NofxApiError,
  tries: number,
  random: () => number,
): number | undefined {
  const again =
    error.code === "network_error" ||
    error.code === "idempotency_in_flight" ||
    error.code === "rate_limited" ||
    error.status === 408 ||
    error.status === 429 ||
    (error.status !== undefined && error.status >= 500);
  if (!again) return undefined;
  // The jitter goes on top of what the server asked for, never below it.
  const asked = (error.retryAfterSeconds ?? 0) * 1_000;
  return asked + backoffMs(tries, random);
}

/** `Retry-After` as seconds, from a number or a date. */
export function retryAfterSeconds(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1_000);
}
