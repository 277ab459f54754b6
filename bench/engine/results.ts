import { readFileSync } from "node:fs";

/** One cell of the peers' bench: what it measured in one repetition. */
export interface MeasuredCell {
  readonly t: "cell";
  readonly workload: string;
  readonly profile: string;
  readonly engine: string;
  readonly rep: number;
  readonly noisy: boolean;
  readonly foreign: number;
  readonly error?: string;
  readonly [metric: string]: unknown;
}

export interface Session {
  readonly t: "session";
  readonly date: string;
  readonly machine: { cpus: number; model: string; memGiB: number; kernel: string; node: string };
  readonly fsync: { p50: number; p95: number };
  readonly postgres: Record<string, string>;
  readonly pgSettings: string[];
  readonly engines: Record<
    string,
    { version: string; store: string; cells: Record<string, Record<string, string>> }
  >;
}

export interface Results {
  readonly session: Session;
  readonly cells: MeasuredCell[];
}

/** Of the attempts at a cell the first quiet one, or else the least disturbed: as the peers' own report reads them. */
export function readResults(file: string): Results {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Session | MeasuredCell);
  const sessions = lines.filter((line) => line.t === "session");
  const last = sessions.at(-1);
  if (last === undefined) throw new Error(`${file} has no session.`);
  const kept = new Map<string, MeasuredCell>();
  for (const cell of lines.filter((line) => line.t === "cell")) {
    const key = [cell.workload, cell.profile, cell.engine, cell.rep].join("|");
    const old = kept.get(key);
    const better =
      old === undefined ||
      (old.error !== undefined && cell.error === undefined) ||
      (cell.error === undefined && old.noisy && cell.foreign < old.foreign);
    if (better) kept.set(key, cell);
  }
  const engines = Object.assign({}, ...sessions.map((session) => session.engines));
  return { session: { ...last, engines }, cells: [...kept.values()] };
}

export interface Metric {
  readonly name: string;
  readonly label: string;
  /** Whether more is better. */
  readonly up: boolean;
  /** Told, but nothing to compare by. */
  readonly plain?: boolean;
}

/** What each workload measures; the first is what a profile is best in. */
export const METRICS: Record<string, readonly Metric[]> = {
  W1: [
    { name: "drainPerS", label: "drain jobs/s", up: true },
    { name: "enqueuePerS", label: "enqueue jobs/s", up: true },
    { name: "commitsPerJob", label: "commits/job", up: false, plain: true },
    { name: "walPerJob", label: "WAL bytes/job", up: false, plain: true },
    { name: "workerUsPerJob", label: "worker CPU us/job", up: false, plain: true },
    { name: "storeUsPerJob", label: "store CPU us/job", up: false, plain: true },
  ],
  W2: [
    { name: "p50", label: "p50 ms", up: false },
    { name: "p95", label: "p95 ms", up: false },
    { name: "p99", label: "p99 ms", up: false },
  ],
  W3: [
    { name: "stepsPerS", label: "steps/s, 20 at once", up: true },
    { name: "seqStepMs", label: "ms/step, one at a time", up: false },
    { name: "seqWorkflowMs", label: "ms/workflow, one at a time", up: false, plain: true },
  ],
  W4: [{ name: "p50", label: "p50 ms", up: false }],
  W5: [
    { name: "recoveredMs", label: "all done after ms", up: false },
    { name: "lost", label: "lost", up: false, plain: true },
    { name: "completedTwice", label: "handler ended twice", up: false, plain: true },
    { name: "reExecuted", label: "started again", up: false, plain: true },
    { name: "failed", label: "failed", up: false, plain: true },
  ],
};

export function valueOf(cell: MeasuredCell, metric: string): number | undefined {
  const value = derived(cell, metric) ?? cell[metric];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** CPU of a job: cores over jobs per second. */
function derived(cell: MeasuredCell, metric: string): number | undefined {
  const drain = cell["drainPerS"];
  const cores = { workerUsPerJob: cell["cpuWorker"], storeUsPerJob: cell["cpuStore"] }[metric];
  return typeof drain === "number" && typeof cores === "number"
    ? (cores * 1_000_000) / drain
    : undefined;
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
