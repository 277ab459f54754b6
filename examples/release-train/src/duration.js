const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Milliseconds of a duration such as "250ms", "1.5s" or "1m 30s"; a number is taken as milliseconds. */
export function parseDuration(input) {
  if (typeof input === "number") {
    if (Number.isFinite(input) && input >= 0) return input;
    throw new RangeError(`Not a duration: ${input}`);
  }
  const part = /\s*(\d+(?:\.\d+)?)(ms|s|m|h|d)\s*/y;
  let total = 0;
  let end = 0;
  for (let match = part.exec(input); match !== null; match = part.exec(input)) {
    total += Number(match[1]) * UNITS[match[2]];
    end = part.lastIndex;
  }
  if (end === 0 || end !== input.length) {
    throw new RangeError(`Not a duration: ${JSON.stringify(input)} (try "250ms" or "1m 30s")`);
  }
  return total;
}

/** The shortest text that `parseDuration` reads back as the same whole number of milliseconds. */
export function formatDuration(ms) {
  let rest = Math.round(parseDuration(ms));
  const parts = [];
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length > 0 ? parts.join(" ") : "0ms";
}
