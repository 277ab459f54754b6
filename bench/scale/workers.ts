// npm run bench:workers: 64 workers that compete for the same steps, against 8.
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { withClient } from "@nofx/db/testing";
import { prepareDatabase } from "../lib/database.ts";
import { medianOf, say } from "../lib/numbers.ts";
import { startServer } from "../lib/server.ts";
import { directSubmitter, submitMany } from "../lib/tasks.ts";
import { until } from "../lib/until.ts";
import { slowestFunctions } from "./functions.ts";
import { startWorkers } from "./processes.ts";

const { values: arg } = parseArgs({
  options: {
    n: { type: "string", default: "20000" },
    few: { type: "string", default: "8" },
    many: { type: "string", default: "64" },
    processes: { type: "string", default: "4" },
    concurrency: { type: "string", default: "4" },
    pairs: { type: "string", default: "3" },
    /** Shows where the database's time goes, which costs some itself. */
    functions: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const UNFINISHED =
  "select count(*) from (select from runs where status in ('queued', 'running') limit 1) r";
/** For each worker, before the clock starts. */
const WARM_JOBS = 100;
const SETTLE_MS = 1_000;
const n = Number(arg.n);
const now = () => Number(process.hrtime.bigint()) / 1e6;

// each worker has a few connections of its own
const server = await startServer({
  max_connections: "900",
  ...(arg.functions && { track_functions: "all" }),
});
const rates = { few: [] as number[], many: [] as number[] };
let conflicts = 0;
try {
  for (let pair = 0; pair < Number(arg.pairs); pair++) {
    const order = pair % 2 === 0 ? (["few", "many"] as const) : (["many", "few"] as const);
    for (const which of order) {
      const count = Number(arg[which]);
      const run = await drain(count);
      rates[which].push(run.perSecond);
      conflicts += run.conflicts;
      say(
        arg.json,
        `${count} workers: ${Math.round(run.perSecond)} jobs/s, conflicts ${run.conflicts}`,
        { bench: "workers", workers: count, ...run },
      );
    }
  }
  const ratio = medianOf(rates.many) / medianOf(rates.few);
  say(
    arg.json,
    `ratio of medians ${ratio.toFixed(2)} (wanted: at least 1), conflicts ${conflicts} (wanted: 0)`,
    { bench: "workers", metric: "ratio", value: ratio, wanted: 1, conflicts },
  );
  if (conflicts > 0) process.exitCode = 1;
} finally {
  await server.stop();
}
process.exit();

/**
 * Lets so many workers drain the queue: from the first handler's start until no run is left. They have done some work before, as
 * workers have: a connection plans each statement once, and many workers have many connections.
 */
async function drain(count: number): Promise<{ perSecond: number; conflicts: number }> {
  const database = await prepareDatabase(await server.fresh("bench"));
  const submitter = directSubmitter(database);
  const workers = await startWorkers({
    connectionString: database.url("nofx_worker"),
    count,
    processes: Number(arg.processes),
    env: { NOFX_CONCURRENCY: arg.concurrency },
  });
  return withClient(database.adminUrl, async (client) => {
    const one = async (text: string) =>
      Number(Object.values((await client.query(text)).rows[0] ?? {})[0]);
    const allEnd = () => until("all runs end", async () => (await one(UNFINISHED)) === 0);
    await submitMany(submitter, count * WARM_JOBS);
    workers.open(true);
    await allEnd();
    workers.open(false);
    await submitMany(submitter, n);
    await delay(SETTLE_MS);
    await workers.report();
    workers.open(true);
    await allEnd();
    const end = now();
    const { first, conflicts } = await workers.report();
    await workers.stop();
    await submitter.close();
    if (arg.functions) console.table(await slowestFunctions(database));
    const twice = await one(
      "select count(*) from (select from attempts where outcome = 'succeeded' group by step_id having count(*) > 1) t",
    );
    return { perSecond: n / ((end - first) / 1_000), conflicts: conflicts + twice };
  });
}
