export interface Interval {
  from: number;
  to: number;
}

export interface Fold extends Interval {
  /** Where the folded stretch lies, 0 to 1. */
  at: number;
  width: number;
}

export interface TimeScale {
  /** A moment as a place between 0 and 1. */
  place(moment: number): number;
  folds: readonly Fold[];
  from: number;
  to: number;
}

const FOLD_WIDTH = 0.05;
const MIN_FOLD_MS = 20_000;

function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/**
 * A time axis on which stretches where nothing runs fold to a sliver of fixed width, so that seconds of work on both
 * sides of a two-hour wait stay readable. A stretch folds when it is longer than 20 s and than all work together.
 */
export function buildTimeScale(busy: readonly Interval[], from: number, to: number): TimeScale {
  const end = Math.max(to, from + 1);
  const inside = busy
    .map((one) => ({ from: Math.max(from, one.from), to: Math.min(end, one.to) }))
    .filter((one) => one.to >= one.from);
  const merged = merge(inside);
  const work = merged.reduce((sum, one) => sum + one.to - one.from, 0);
  const idle = [{ from, to: from }, ...merged, { from: end, to: end }];
  const gaps = idle
    .slice(1)
    .map((next, at) => ({ from: idle[at]?.to ?? from, to: next.from }))
    .filter((gap) => gap.to - gap.from > Math.max(MIN_FOLD_MS, work));

  const kept = end - from - gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0);
  const room = 1 - gaps.length * FOLD_WIDTH;
  const perMs = kept === 0 ? 0 : room / kept;
  const folds: Fold[] = [];
  let cursor = from;
  let place = 0;
  for (const gap of gaps) {
    place += (gap.from - cursor) * perMs;
    folds.push({ ...gap, at: place, width: FOLD_WIDTH });
    place += FOLD_WIDTH;
    cursor = gap.to;
  }
  return { place: placeOn(folds, perMs, from, end), folds, from, to: end };
}

function placeOn(folds: readonly Fold[], perMs: number, from: number, end: number) {
  return (moment: number) => {
    const at = Math.min(end, Math.max(from, moment));
    let place = 0;
    let cursor = from;
    for (const fold of folds) {
      if (at < fold.from) break;
      place = fold.at + fold.width * Math.min(1, (at - fold.from) / (fold.to - fold.from));
      cursor = Math.min(at, fold.to);
    }
    return Math.min(1, place + (at - cursor) * perMs);
  };
}
