import { bestProfile, isOurs, valuesOf } from "./compare.ts";
import { median, METRICS, type Results } from "./results.ts";

export interface Aim {
  readonly workload: string;
  readonly what: string;
  readonly ours: string;
  readonly wanted: string;
  readonly verdict: string;
}

/** Differences below this are none. */
const EQUAL = 1.2;

/** What issue 4 wants of each workload, against the peers of the same run; left out where a peer was not measured. */
export function aimsOf(results: Results): Aim[] {
  const { session } = results;
  const best = (engine: string, workload: string, metric: string): number | undefined => {
    const profile = bestProfile(results, workload, engine);
    if (profile === undefined) return undefined;
    return median(
      valuesOf(results, { workload, profile, engine, metric }).map(({ value }) => value),
    );
  };
  const ofPostgres = Object.keys(session.engines).filter(
    (engine) => session.engines[engine]?.store === "postgres" && !isOurs(engine),
  );
  const aim = (
    workload: string,
    metric: string,
    what: string,
    wanted: number | undefined,
    engine = "nofx",
  ): Aim[] => {
    const ours = best(engine, workload, metric);
    if (ours === undefined || wanted === undefined || !Number.isFinite(wanted)) return [];
    const up = METRICS[workload]?.find(({ name }) => name === metric)?.up === true;
    const lead = ours === wanted ? 1 : up ? ours / wanted : wanted / ours;
    const verdict = lead >= 1 ? "met" : lead * EQUAL >= 1 ? "met within 20 %" : "not met";
    return [{ workload, what, ours: short(ours), wanted: short(wanted), verdict }];
  };
  const most = (metric: string) =>
    Math.max(...ofPostgres.map((engine) => best(engine, "W1", metric) ?? -Infinity));
  const scaled = (by: number, engine: string, workload: string, metric: string) => {
    const value = best(engine, workload, metric);
    return value === undefined ? undefined : by * value;
  };
  return [
    ...aim("W1", "drainPerS", "drain/s: the best Postgres peer", most("drainPerS")),
    ...aim("W1", "drainPerS", "drain/s: 10 × DBOS", scaled(10, "dbos", "W1", "drainPerS")),
    ...aim("W1", "drainPerS", "drain/s: 5 × Restate", scaled(5, "restate", "W1", "drainPerS")),
    ...aim("W1", "enqueuePerS", "enqueue/s: pg-boss", best("pg-boss", "W1", "enqueuePerS")),
    ...aim(
      "W1",
      "enqueuePerS",
      "enqueue/s: graphile-worker",
      best("graphile-worker", "W1", "enqueuePerS"),
    ),
    ...aim("W2", "p50", "p50 ms: graphile-worker", best("graphile-worker", "W2", "p50")),
    ...aim("W2", "p99", "p99 ms: graphile-worker", best("graphile-worker", "W2", "p99")),
    ...["nofx", "nofx-steps"].flatMap((engine) => {
      const as = engine === "nofx" ? "checkpoints" : "steps";
      return [
        ...aim(
          "W3",
          "stepsPerS",
          `${as}/s: 3 × Restate`,
          scaled(3, "restate", "W3", "stepsPerS"),
          engine,
        ),
        ...aim("W3", "seqStepMs", `ms between two ${as}: 1`, 1, engine),
      ];
    }),
    ...aim("W4", "p50", "ms: Restate", best("restate", "W4", "p50")),
    ...aim("W5", "recoveredMs", "ms to the last job's end: 2,000", 2_000),
    ...aim("W5", "lost", "lost: 0", 0),
  ];
}

const short = (value: number) =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(2);
