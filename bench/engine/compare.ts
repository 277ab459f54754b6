import { median, METRICS, valueOf, type Metric, type Results } from "./results.ts";

/** One number of one cell: the median of its repetitions. */
export interface Reading {
  readonly workload: string;
  readonly profile: string;
  readonly engine: string;
  readonly metric: string;
  readonly value: number;
  readonly reps: number;
}

export function readingsOf(results: Results): Reading[] {
  const seen = new Map<string, Reading>();
  for (const { workload, profile, engine } of results.cells) {
    for (const { name: metric } of METRICS[workload] ?? []) {
      const of = { workload, profile, engine, metric };
      const values = valuesOf(results, of).map(({ value }) => value);
      const value = median(values);
      if (value !== undefined) {
        seen.set(Object.values(of).join("|"), { ...of, value, reps: values.length });
      }
    }
  }
  return [...seen.values()];
}

type Place = Omit<Reading, "value" | "reps">;

export function valuesOf(
  { cells }: Results,
  { workload, profile, engine, metric }: Place,
): { rep: number; value: number }[] {
  return cells
    .filter((cell) => cell.workload === workload && cell.profile === profile)
    .filter((cell) => cell.engine === engine && cell.error === undefined)
    .flatMap((cell) => {
      const value = valueOf(cell, metric);
      return value === undefined ? [] : [{ rep: cell.rep, value }];
    });
}

export const isOurs = (engine: string): boolean => engine.startsWith("nofx");

/** The profile in which an engine is best at a workload, by the workload's main number. */
export function bestProfile(
  results: Results,
  workload: string,
  engine: string,
): string | undefined {
  const [main] = METRICS[workload] ?? [];
  if (main === undefined) return undefined;
  const scored = profilesOf(results, workload, engine).flatMap((profile) => {
    const values = valuesOf(results, { workload, profile, engine, metric: main.name });
    const value = median(values.map((one) => one.value));
    return value === undefined ? [] : [{ profile, score: main.up ? value : -value }];
  });
  return scored.toSorted((a, b) => b.score - a.score)[0]?.profile;
}

function profilesOf({ cells }: Results, workload: string, engine: string): string[] {
  const those = cells.filter((cell) => cell.workload === workload && cell.engine === engine);
  return [...new Set(those.map(({ profile }) => profile))];
}

/** Ours over theirs, each repetition by itself where both have it, then the median. */
export function ratio(results: Results, metric: Metric, ours: Place, theirs: Place) {
  const other = valuesOf(results, { ...theirs, metric: metric.name });
  const otherMedian = median(other.map(({ value }) => value));
  if (otherMedian === undefined) return undefined;
  return median(
    valuesOf(results, { ...ours, metric: metric.name })
      .map(({ rep, value }) => value / (other.find((one) => one.rep === rep)?.value ?? otherMedian))
      .filter((one) => Number.isFinite(one)),
  );
}
