import { parseDuration } from "./duration.js";

/**
 * A sliding-window limit: at most `limit` calls in any span of length `per`.
 * A call counts from the moment it is let through until just before `per` has passed.
 */
export function createWindow({ limit, per }) {
  const span = parseDuration(per);
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError(`limit must be 1 or more, not ${limit}`);
  if (span === 0) throw new RangeError("per must be longer than 0ms");

  // The times of the calls that still count, oldest first.
  const taken = [];

  function forget(now) {
    let gone = 0;
    while (gone < taken.length && taken[gone] + span < now) gone += 1;
    taken.splice(0, gone);
  }

  return {
    /** Asks for one call at the time `now`; a refusal says how long to wait. */
    take(now = performance.now()) {
      forget(now);
      if (taken.length >= limit) {
        return { allowed: false, remaining: 0, retryAfter: taken[0] + span - now };
      }
      taken.push(now);
      return { allowed: true, remaining: limit - taken.length, retryAfter: 0 };
    },

    /** How many calls would be let through at the time `now`. */
    remaining(now = performance.now()) {
      forget(now);
      return limit - taken.length;
    },
  };
}
