import { createPool } from "@nofx/db/client";
import { exchangeBriefly, type Settlement } from "@nofx/db/leases";
import type { BenchDatabase } from "../lib/database.ts";
import { directSubmitter, submitMany } from "../lib/tasks.ts";

const CONNECTIONS = 4;
const WANT = 100;

export interface Drained {
  readonly enqueueMs: number;
  readonly drainMs: number;
}

/** Puts so many tasks in and executes them: workers that do nothing but claim and settle, as fast as they are answered. */
export async function drain(database: BenchDatabase, tasks: number): Promise<Drained> {
  const submitter = directSubmitter(database, 2);
  const pool = createPool({
    connectionString: database.url("nofx_worker"),
    applicationName: "bench drain",
    max: CONNECTIONS,
  });
  try {
    const began = performance.now();
    await submitMany(submitter, tasks, { size: 1_000, inFlight: 2 });
    const enqueued = performance.now();
    let settled = 0;
    const work = async (worker: string) => {
      let settlements: Settlement[] = [];
      for (;;) {
        const { claimed } = await exchangeBriefly(pool, {
          worker,
          version: "1.0.0",
          handlers: ["http@1"],
          settlements,
          renewals: [],
          want: WANT,
          leaseMs: 60_000,
        });
        settled += settlements.length;
        if (claimed.length === 0) return;
        settlements = claimed.map(({ id: stepId, epoch }) => ({
          stepId,
          epoch,
          outcome: "succeeded",
          output: {},
        }));
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => work(`w${i}`)));
    const ended = performance.now();
    if (settled !== tasks) throw new Error(`${settled} of ${tasks} tasks were settled.`);
    return { enqueueMs: enqueued - began, drainMs: ended - enqueued };
  } finally {
    await Promise.all([submitter.close(), pool.end()]);
  }
}
