import { system } from "@nofx/control/seams";
import { Counter, Gauge, Registry, type Metric } from "prom-client";
import {
  COUNTERS,
  DURATIONS,
  GAUGES,
  PLANE_GAUGES,
  type CounterName,
  type DurationName,
  type GaugeName,
  type PlaneGaugeName,
} from "./metrics/definitions.ts";
import { CheapHistogram, RecentLatency } from "./metrics/step-durations.ts";

type Labels = Record<string, string>;

/** Counters, gauges and durations of one process, written as Prometheus reads them. */
export interface Metrics {
  count(name: CounterName, labels?: Labels, by?: number): void;
  set(name: GaugeName | PlaneGaugeName, value: number, labels?: Labels): void;
  /** Forgets the values under all labels: what is not set anew is not there any more. */
  reset(name: PlaneGaugeName): void;
  observe(name: DurationName, seconds: number, labels?: Labels): void;
  /** How long a claim was in a slot: nofx_step_duration_seconds, and of its kind the quantiles. */
  observeStep(kind: string, result: string, seconds: number): void;
  /** The sum of a counter over all labels. */
  total(name: CounterName): number;
  /** Called before each exposition. */
  beforeExpose(work: () => Promise<void>): void;
  expose(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(monotonicMs: () => number = system.clock.now): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const make = <N extends string, T>(
    table: Record<N, { help: string; labels: readonly string[] }>,
    one: (options: { name: N; help: string; labelNames: string[]; registers: Registry[] }) => T,
  ) =>
    Object.fromEntries(
      Object.entries<{ help: string; labels: readonly string[] }>(table).map(
        ([name, { help, labels }]) => [
          name,
          one({ name: name as N, help, labelNames: [...labels], registers }),
        ],
      ),
    ) as Record<N, T>;
  const counters = make<CounterName, Counter>(COUNTERS, (options) => new Counter(options));
  const gauges = make<GaugeName | PlaneGaugeName, Gauge>(
    { ...GAUGES, ...PLANE_GAUGES },
    (options) => new Gauge(options),
  );
  const register = <F extends CheapHistogram | RecentLatency>(family: F): F => {
    registry.registerMetric(family as unknown as Metric);
    return family;
  };
  const durations = Object.fromEntries(
    Object.entries(DURATIONS).map(([name, { help, labels }]) => [
      name,
      register(new CheapHistogram(name, help, labels.length > 0)),
    ]),
  ) as Record<DurationName, CheapHistogram>;
  const latency = register(new RecentLatency(monotonicMs));
  const totals = new Map<CounterName, number>();
  let before = async () => {};
  return {
    contentType: registry.contentType,
    count(name, labels = {}, by = 1) {
      counters[name].inc(labels, by);
      totals.set(name, (totals.get(name) ?? 0) + by);
    },
    set: (name, value, labels = {}) => gauges[name].set(labels, value),
    reset(name) {
      gauges[name].reset();
      // one without labels starts at 0, which would be a number too
      if (PLANE_GAUGES[name].labels.length === 0) gauges[name].remove();
    },
    observe(name, seconds, labels = {}) {
      const key = Object.values(labels).join("|");
      durations[name].observe(Math.max(0, seconds), key, labels);
    },
    observeStep(kind, result, seconds) {
      const key = `${kind}|${result}`;
      durations.nofx_step_duration_seconds.observe(seconds, key, { kind, result });
      latency.observe(seconds, kind);
    },
    total: (name) => totals.get(name) ?? 0,
    beforeExpose(work) {
      before = work;
    },
    async expose() {
      await before();
      return registry.metrics();
    },
  };
}
