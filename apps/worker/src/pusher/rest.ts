const SECOND = 1_000;

/** How long an endpoint rests after calls in vain; the last one repeats. One step that ends its function must not keep the others long. */
const SCHEDULE_MS = [1 * SECOND, 5 * SECOND, 15 * SECOND, 60 * SECOND, 300 * SECOND] as const;

/** An endpoint that has taken nothing for so long is posted nothing any more. */
export const GIVE_UP_MS = 24 * 3_600 * SECOND;

/** Never sooner than the function asked; a fifth more or less, so that those which failed together do not come back together. */
export function restMs(attempts: number, random: number, retryAfterMs = 0): number {
  const place = Math.min(Math.max(1, attempts), SCHEDULE_MS.length) - 1;
  return Math.max(retryAfterMs, Math.round((SCHEDULE_MS[place] ?? 0) * (0.8 + 0.4 * random)));
}
