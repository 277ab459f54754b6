import { parseArgs } from "node:util";

export interface Options {
  readonly engines: string[];
  readonly workloads: string[];
  readonly profiles: string[];
  readonly reps: number;
  readonly jobs: number;
  /** Microseconds that each flush to disk waits; 0 is as the disk is. */
  readonly commitDelay: number;
  readonly json: boolean;
  /** The whole table: every engine and workload, then W1 and W3 with a slow flush, and RESULTS.md. */
  readonly full: boolean;
  /** Only writes RESULTS.md, from what an earlier run has left here. */
  readonly report: string | undefined;
  readonly out: string | undefined;
  /** Goes to the peers' bench as it is. */
  readonly set: string | undefined;
  readonly quiet: string | undefined;
}

export const PEERS = ["pg-boss", "graphile-worker", "bullmq-redis", "dbos", "restate"];

const list = (text: string) =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      engines: { type: "string" },
      workloads: { type: "string" },
      profiles: { type: "string", default: "default,tuned" },
      reps: { type: "string" },
      jobs: { type: "string", default: "20000" },
      "commit-delay": { type: "string", default: "0" },
      json: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      report: { type: "string" },
      out: { type: "string" },
      set: { type: "string" },
      quiet: { type: "string" },
    },
  });
  const { full } = values;
  return {
    engines: list(values.engines ?? (full ? ["nofx", ...PEERS].join() : "nofx,graphile-worker")),
    workloads: list(values.workloads ?? (full ? "W1,W2,W3,W4,W5" : "W1,W3")),
    profiles: list(values.profiles),
    reps: Number(values.reps ?? (full ? 3 : 1)),
    jobs: Number(values.jobs),
    commitDelay: Number(values["commit-delay"]),
    json: values.json,
    full,
    report: values.report,
    out: values.out,
    set: values.set,
    quiet: values.quiet,
  };
}
