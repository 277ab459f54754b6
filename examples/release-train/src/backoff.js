import { parseDuration } from "./duration.js";

/** How long to wait before the given attempt (the first is 1): exponential, capped, with full jitter. */
export function backoff({
  attempt,
  base = "100ms",
  factor = 2,
  max = "30s",
  random = Math.random,
}) {
  if (!Number.isInteger(attempt) || attempt < 1)
    throw new RangeError(`attempt starts at 1, not ${attempt}`);
  const ceiling = Math.min(parseDuration(max), parseDuration(base) * factor ** (attempt - 1));
  return Math.floor(random() * ceiling);
}
