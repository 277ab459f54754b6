/**
 * How often which latency was seen: 64 buckets, each a fourth of an octave wide, from 10 ms to 9 minutes. A quantile of it is off by
 * less than a tenth, and histograms of several minutes or processes are added bucket by bucket.
 */
export type LatencyHistogram = readonly number[];

export const LATENCY_BUCKETS = 64;
const SMALLEST_MS = 10;
const PER_OCTAVE = 4;

export function bucketOf(ms: number): number {
  if (!(ms > SMALLEST_MS)) return 0;
  const at = Math.ceil(Math.log2(ms / SMALLEST_MS) * PER_OCTAVE);
  return Math.min(at, LATENCY_BUCKETS - 1);
}

/** In the middle of a bucket, as ratios go. */
function middleOf(bucket: number): number {
  return SMALLEST_MS * 2 ** ((bucket - 0.5) / PER_OCTAVE);
}

export function withLatency(histogram: LatencyHistogram, ms: number): LatencyHistogram {
  const next = histogram.slice();
  const at = bucketOf(ms);
  while (next.length <= at) next.push(0);
  next[at] = (next[at] ?? 0) + 1;
  return next;
}

export function addHistograms(histograms: Iterable<LatencyHistogram>): number[] {
  const sum: number[] = [];
  for (const histogram of histograms) {
    for (let i = 0; i < histogram.length; i++) sum[i] = (sum[i] ?? 0) + (histogram[i] ?? 0);
  }
  return sum;
}

export function countOf(histogram: LatencyHistogram): number {
  let count = 0;
  for (const n of histogram) count += n;
  return count;
}

/** The latency that a share `q` of the calls did not exceed; null where there are none. */
export function quantileOf(histogram: LatencyHistogram, q: number): number | null {
  const count = countOf(histogram);
  if (count === 0) return null;
  let left = Math.max(1, Math.ceil(count * q));
  for (let i = 0; i < histogram.length; i++) {
    left -= histogram[i] ?? 0;
    if (left <= 0) return Math.round(middleOf(i));
  }
  return null;
}
