import type { Clock } from "@nofx/core/seams";

/** Says after how many milliseconds it is worth asking again; 0: go on. */
export interface RateLimiter {
  take(key: string, perMinute: number): number;
}

const MOST = 10_000;

/**
 * A bucket a caller and route that holds the requests of ten seconds and fills steadily. Of this process alone: it keeps one caller
 * from using up a gateway. What must hold over all of them is a budget.
 */
export function createRateLimiter(clock: Pick<Clock, "now">): RateLimiter {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(key, perMinute) {
      const now = clock.now();
      const perMs = perMinute / 60_000;
      const room = Math.max(1, perMinute / 6);
      const known = buckets.get(key);
      const left =
        known === undefined ? room : Math.min(room, known.left + (now - known.at) * perMs);
      // those that were not heard of for longest go: they are full again anyway
      buckets.delete(key);
      if (buckets.size >= MOST) {
        const oldest = buckets.keys().next();
        if (!oldest.done) buckets.delete(oldest.value);
      }
      const taken = left >= 1;
      buckets.set(key, { left: taken ? left - 1 : left, at: now });
      return taken ? 0 : Math.ceil((1 - left) / perMs);
    },
  };
}
