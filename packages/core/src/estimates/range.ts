/** A quantity that is not known yet, by its quantiles: one time in ten it is below `p10`, one time in ten above `p90`. */
export interface Range {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

/** The range of what is certain. */
export function exactly(value: number): Range {
  return { p10: value, p50: value, p90: value };
}

export function scaled({ p10, p50, p90 }: Range, by: number): Range {
  return { p10: p10 * by, p50: p50 * by, p90: p90 * by };
}

export function rounded({ p10, p50, p90 }: Range): Range {
  return { p10: Math.round(p10), p50: Math.round(p50), p90: Math.round(p90) };
}
