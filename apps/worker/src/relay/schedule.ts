const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits between attempts; the last one repeats. */
export const SCHEDULE_MS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
] as const;

/** An endpoint that has taken nothing for so long is told nothing any more. */
export const GIVE_UP_MS = 5 * 24 * HOUR;

/**
 * How long an endpoint rests after so many attempts in vain. Up to a fifth more or less, so that endpoints which failed
 * together do not come back together; never sooner than the receiver asked.
 */
export function restMs(attempts: number, random: number, retryAfterMs = 0): number {
  const place = Math.min(Math.max(1, attempts), SCHEDULE_MS.length) - 1;
  return Math.max(retryAfterMs, Math.round((SCHEDULE_MS[place] ?? 0) * (0.8 + 0.4 * random)));
}
