// npm run bench:fairness: how soon the tasks of 999 tenants start, with and without one tenant that floods the plane.
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { withClient } from "@nofx/db/testing";
import { prepareDatabase } from "../lib/database.ts";
import { medianOf, quantile, say } from "../lib/numbers.ts";
import { slowestFunctions } from "./functions.ts";
import { openQueue, seedTenants, settleStorage, type Queue } from "../lib/seed.ts";
import { startServer } from "../lib/server.ts";
import { startWorkers } from "./processes.ts";

const { values: arg } = parseArgs({
  options: {
    tenants: { type: "string", default: "1000" },
    flood: { type: "string", default: "200000" },
    /** Tasks that the others queue each second, all of them together. */
    rate: { type: "string", default: "100" },
    /** How long a task takes; with the slots this is what the plane can do. */
    "work-ms": { type: "string", default: "20" },
    concurrency: { type: "string", default: "20" },
    workers: { type: "string", default: "1" },
    seconds: { type: "string", default: "6" },
    pairs: { type: "string", default: "5" },
    /** Shows where the database's time goes, which costs some itself. */
    functions: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const rate = Number(arg.rate);
const seconds = Number(arg.seconds);
const WARM_MS = 1_500;
/** All processes of a machine share this clock. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

const server = await startServer(arg.functions ? { track_functions: "all" } : {});
const p95s = { quiet: [] as number[], flooded: [] as number[] };
try {
  // one database each: what the flood leaves behind must not be there in the windows without it
  const quiet = await plane("quiet", 0);
  const flooded = await plane("flooded", Number(arg.flood));
  for (let pair = 0; pair < Number(arg.pairs); pair++) {
    const order = pair % 2 === 0 ? [quiet, flooded] : [flooded, quiet];
    for (const one of order) {
      const { latencies, left } = await one.window();
      const [p50, p95] = [medianOf(latencies), quantile(latencies, 0.95)];
      p95s[one.name].push(p95);
      say(
        arg.json,
        `pair ${pair + 1} ${one.name.padEnd(7)} ${latencies.length} starts, p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ${left} of the flood left`,
        { bench: "fairness", pair, plane: one.name, started: latencies.length, p50, p95, left },
      );
    }
  }
  const ratios = p95s.flooded.map((p95, pair) => p95 / (p95s.quiet[pair] ?? Number.NaN));
  const ratio = medianOf(ratios);
  say(
    arg.json,
    `p95 with the flood / without, median of ${ratios.length} pairs: ${ratio.toFixed(2)} (wanted: at most 1.2)`,
    { bench: "fairness", metric: "ratio", value: ratio, ratios, wanted: 1.2 },
  );
  for (const one of arg.functions ? [quiet, flooded] : []) {
    console.log(one.name);
    console.table(await one.slowest());
  }
  await Promise.all([quiet.close(), flooded.close()]);
} finally {
  await server.stop();
}
process.exit(0);

/** A plane of many tenants, where the first may have flooded the queue. */
async function plane(name: "quiet" | "flooded", flood: number) {
  const database = await prepareDatabase(await server.fresh(`bench_${name}`));
  const [loud = "", ...others] = await seedTenants(database, Number(arg.tenants));
  const queue = openQueue(database, 8);
  for (let at = 0; at < flood; at += 1_000) await queue.add(loud, 1_000);
  await settleStorage(database);
  await withClient(database.adminUrl, (client) => client.query("select pg_stat_reset()"));
  let place = 0;
  return {
    name,
    close: () => queue.close(),
    slowest: () => slowestFunctions(database),
    /** The others' load for some seconds, with workers that are there for this window alone. */
    async window(): Promise<{ latencies: number[]; left: number }> {
      const workers = await startWorkers({
        connectionString: database.url("nofx_worker"),
        count: Number(arg.workers),
        processes: 1,
        env: { NOFX_CONCURRENCY: arg.concurrency },
        workMs: Number(arg["work-ms"]),
      });
      workers.open(true);
      const next = () => others[(place = (place + 1) % others.length)] ?? "";
      await load(queue, next, WARM_MS);
      await workers.report();
      await load(queue, next, seconds * 1_000);
      await delay(500);
      const { latencies } = await workers.report();
      await workers.stop();
      const left = await withClient(database.adminUrl, async (client) => {
        const { rows } = await client.query<{ n: string }>(
          "select count(*) as n from steps where status = 'queued' and tenant_id = $1",
          [loud],
        );
        return Number(rows[0]?.n);
      });
      if (flood > 0 && left === 0) throw new Error("The flood was over before its windows were.");
      if (latencies.length < (rate * seconds) / 2) {
        throw new Error(`Only ${latencies.length} tasks started: the plane does not keep up.`);
      }
      return { latencies, left };
    },
  };
}

/** One task at a time, each of another tenant, at a steady rate whatever comes of them. */
async function load(queue: Queue, next: () => string, ms: number): Promise<void> {
  const pending: Promise<void>[] = [];
  const from = now();
  for (let i = 0; (i * 1_000) / rate < ms; i++) {
    const wait = from + (i * 1_000) / rate - now();
    if (wait > 0) await delay(wait);
    pending.push(queue.add(next(), 1, { sentAt: now() }));
  }
  await Promise.all(pending);
}
