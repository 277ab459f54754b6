const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** Seconds of a span as people write it: `90d`, `12h`, `30m`, `45s`; null of `never`; undefined of anything else. */
export function readSpan(text: string): number | null | undefined {
  const said = text.trim().toLowerCase();
  if (said === "never") return null;
  const [, count = "", unit] = /^(\d{1,9})\s*([dhms])$/.exec(said) ?? [];
  const size = UNITS.find(([name]) => name === unit)?.[1];
  return size === undefined ? undefined : Number(count) * size;
}

/** The other way round, in the largest unit that is exact. */
export function saySpan(seconds: number | null): string {
  if (seconds === null) return "never";
  const [unit, size] = UNITS.find(([, one]) => seconds % one === 0 && seconds >= one) ?? ["s", 1];
  return `${seconds / size}${unit}`;
}
