import { BUCKETS, LATENCY } from "./definitions.ts";

type Labels = Record<string, string>;

export interface Sample {
  readonly metricName?: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

/** What the registry writes out: one family. */
export interface Family {
  readonly name: string;
  get(): Promise<{
    name: string;
    help: string;
    type: "histogram" | "summary";
    aggregator: "sum";
    values: Sample[];
  }>;
}

interface Cell {
  readonly labels: Labels;
  readonly counts: Float64Array;
  sum: number;
  count: number;
}

/** A histogram whose counting costs an addition: what Prometheus reads is made when it asks. */
export class CheapHistogram implements Family {
  readonly name: string;
  readonly #help: string;
  readonly #cells = new Map<string, Cell>();

  constructor(name: string, help: string, hasLabels: boolean) {
    this.name = name;
    this.#help = help;
    if (!hasLabels) this.#cell("", {});
  }

  observe(seconds: number, key: string, labels: Labels): void {
    const cell = this.#cells.get(key) ?? this.#cell(key, labels);
    cell.sum += seconds;
    cell.count += 1;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket += 1;
    cell.counts[bucket] = (cell.counts[bucket] ?? 0) + 1;
  }

  get(): ReturnType<Family["get"]> {
    const values: Sample[] = [];
    for (const { labels, counts, sum, count } of this.#cells.values()) {
      let below = 0;
      for (const [i, le] of BUCKETS.entries()) {
        below += counts[i] ?? 0;
        values.push({
          metricName: `${this.name}_bucket`,
          labels: { ...labels, le },
          value: below,
        });
      }
      values.push({
        metricName: `${this.name}_bucket`,
        labels: { ...labels, le: "+Inf" },
        value: count,
      });
      values.push({ metricName: `${this.name}_sum`, labels, value: sum });
      values.push({ metricName: `${this.name}_count`, labels, value: count });
    }
    const { name } = this;
    return Promise.resolve({
      name,
      help: this.#help,
      type: "histogram",
      aggregator: "sum",
      values,
    });
  }

  #cell(key: string, labels: Labels): Cell {
    const cell = { labels, counts: new Float64Array(BUCKETS.length + 1), sum: 0, count: 0 };
    this.#cells.set(key, cell);
    return cell;
  }
}

/** Each bucket is so much wider than the one before: quantiles are right to half of that. */
const GROWTH = 1.04;
const SHORTEST_S = 1e-6;
const SIZES = Math.ceil(Math.log(1e11) / Math.log(GROWTH));
const AGES = 5;
const AGE_MS = (LATENCY.windowSeconds * 1_000) / AGES;
const SCALE = 1 / Math.log(GROWTH);

interface Ages {
  readonly counts: Uint32Array[];
  age: number;
  sum: number;
  count: number;
}

/** Quantiles by kind over the last ten minutes. */
export class RecentLatency implements Family {
  readonly name = LATENCY.name;
  readonly #now: () => number;
  readonly #kinds = new Map<string, Ages>();

  constructor(now: () => number) {
    this.#now = now;
  }

  observe(seconds: number, kind: string): void {
    const ages = this.#kinds.get(kind) ?? this.#make(kind);
    this.#forget(ages);
    const size = Math.floor(Math.log(Math.max(seconds, SHORTEST_S) / SHORTEST_S) * SCALE);
    const counts = ages.counts[ages.age % AGES];
    const at = Math.min(SIZES - 1, size);
    if (counts !== undefined) counts[at] = (counts[at] ?? 0) + 1;
    ages.sum += seconds;
    ages.count += 1;
  }

  get(): ReturnType<Family["get"]> {
    const values: Sample[] = [];
    for (const [kind, ages] of this.#kinds) {
      this.#forget(ages);
      for (const quantile of LATENCY.quantiles) {
        values.push({ labels: { kind, quantile }, value: quantileOf(ages.counts, quantile) });
      }
      values.push({ metricName: `${this.name}_sum`, labels: { kind }, value: ages.sum });
      values.push({ metricName: `${this.name}_count`, labels: { kind }, value: ages.count });
    }
    const { name } = this;
    return Promise.resolve({
      name,
      help: LATENCY.help,
      type: "summary",
      aggregator: "sum",
      values,
    });
  }

  #make(kind: string): Ages {
    const counts = Array.from({ length: AGES }, () => new Uint32Array(SIZES));
    const ages = { counts, age: Math.floor(this.#now() / AGE_MS), sum: 0, count: 0 };
    this.#kinds.set(kind, ages);
    return ages;
  }

  #forget(ages: Ages): void {
    const age = Math.floor(this.#now() / AGE_MS);
    for (let old = Math.max(ages.age + 1, age - AGES + 1); old <= age; old++) {
      ages.counts[old % AGES]?.fill(0);
    }
    ages.age = age;
  }
}

function quantileOf(ages: readonly Uint32Array[], quantile: number): number {
  let total = 0;
  for (const counts of ages) for (const count of counts) total += count;
  if (total === 0) return 0;
  let below = 0;
  for (let size = 0; size < SIZES; size++) {
    for (const counts of ages) below += counts[size] ?? 0;
    if (below >= quantile * total) return SHORTEST_S * GROWTH ** (size + 0.5);
  }
  return 0;
}
