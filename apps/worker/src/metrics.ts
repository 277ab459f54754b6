/** Counters and gauges of one process, written as Prometheus reads them. */
export interface Metrics {
  count(name: MetricName, labels?: Record<string, string>, by?: number): void;
  set(name: MetricName, value: number): void;
  /** The sum over all labels. */
  total(name: MetricName): number;
  expose(): string;
}

const HELP = {
  nofx_steps_claimed_total: ["counter", "Steps claimed by this worker"],
  nofx_steps_settled_total: ["counter", "Claims that this worker ended, by outcome"],
  nofx_stale_settles_total: ["counter", "Settlements refused because the claim was no longer held"],
  nofx_leases_lost_total: ["counter", "Running steps given up because their lease was lost"],
  nofx_exchange_errors_total: ["counter", "Ticks that the database did not answer"],
  nofx_steps_in_flight: ["gauge", "Steps running in this worker"],
  nofx_steps_reclaimed_total: ["counter", "Steps taken back from executors that vanished"],
  nofx_events_sealed_total: ["counter", "Events that this worker gave their sequence"],
  nofx_seal_lag_seconds: ["gauge", "Age of the oldest event in the last batch that was sealed"],
} as const;
export type MetricName = keyof typeof HELP;

export function createMetrics(): Metrics {
  const values = new Map<MetricName, Map<string, number>>();
  const seriesOf = (name: MetricName) => {
    const found = values.get(name) ?? new Map<string, number>();
    values.set(name, found);
    return found;
  };
  return {
    count(name, labels = {}, by = 1) {
      const series = seriesOf(name);
      const key = labelsOf(labels);
      series.set(key, (series.get(key) ?? 0) + by);
    },
    set: (name, value) => void seriesOf(name).set("", value),
    total: (name) => [...seriesOf(name).values()].reduce((sum, value) => sum + value, 0),
    expose: () =>
      (Object.keys(HELP) as MetricName[])
        .flatMap((name) => {
          const [type, help] = HELP[name];
          const series = [...(values.get(name) ?? new Map([["", 0]]))];
          const lines = series.map(([labels, value]) => `${name}${labels} ${value}`);
          return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
        })
        .join("\n")
        .concat("\n"),
  };
}

function labelsOf(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
