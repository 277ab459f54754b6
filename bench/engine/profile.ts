// npm run bench:profile: what one job costs, and whom. For whoever makes the engine faster.
import { parseArgs } from "node:util";
import { withClient } from "@nofx/db/testing";
import { prepareDatabase } from "../lib/database.ts";
import { startServer } from "../lib/server.ts";
import { commandSubmitter, directSubmitter, submitMany } from "../lib/tasks.ts";
import { until } from "../lib/until.ts";
import { subtract, usageOf, type Usage } from "../lib/usage.ts";
import { worker as startAdapter } from "./adapter/worker.ts";

const { values: arg } = parseArgs({
  options: {
    n: { type: "string", default: "20000" },
    concurrency: { type: "string", default: "20" },
    "in-flight": { type: "string", default: "1" },
    /** Queues by the command that people call; otherwise by the engine's own verb. */
    command: { type: "boolean", default: false },
    /** Times functions of the database, which costs some itself. */
    functions: { type: "boolean", default: false },
    /** Times each statement, those within functions too. */
    statements: { type: "boolean", default: false },
    /** Of jobs, workflows and fan-outs these alone, as often as wanted. */
    only: { type: "string", multiple: true, default: ["jobs", "workflows", "fanouts"] },
    /** More settings of the server: name=value. */
    set: { type: "string", multiple: true, default: [] },
    json: { type: "boolean", default: false },
  },
});
const n = Number(arg.n);
const WORKFLOWS = 200;
const STEPS = 10;
const ONE_BY_ONE = 20;
const WARM = 5;
const FANOUTS = 40;
const WIDTH = 100;
const settings = Object.fromEntries(arg.set.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
const server = await startServer({
  ...(arg.functions && { track_functions: "all" }),
  ...(arg.statements && {
    shared_preload_libraries: "pg_stat_statements",
    "pg_stat_statements.track": "all",
  }),
  ...settings,
});
try {
  const only = new Set(arg.only);
  if (only.has("jobs")) await jobs();
  if (only.has("workflows")) {
    await workflows("checkpoints");
    await workflows("steps");
  }
  if (only.has("fanouts")) await fanouts();
} finally {
  await server.stop();
}
process.exit(0);

async function fresh() {
  const database = await prepareDatabase(await server.fresh("bench"));
  if (arg.statements) {
    await withClient(database.adminUrl, async (client) => {
      await client.query("create extension pg_stat_statements");
      await client.query("select pg_stat_statements_reset()");
    });
  }
  return database;
}

async function jobs(): Promise<void> {
  const database = await fresh();
  const usage = () => usageOf(database.adminUrl, server.pid);
  const look = (text: string) =>
    withClient(database.adminUrl, async (client) => (await client.query(text)).rows);
  const submitter = arg.command ? commandSubmitter(database) : directSubmitter(database);
  let before = await usage();
  const at = performance.now();
  await submitMany(submitter, n, { inFlight: Number(arg["in-flight"]) });
  const ms = performance.now() - at;
  report("enqueue", "enqueuePerS", ms, subtract(await usage(), before), n, "job");
  await submitter.close();

  await look("checkpoint");
  let first: number | undefined;
  const worker = await adapter("W1", database.adminUrl, {
    onJob: () => (first ??= performance.now()),
    onStep: () => {},
  });
  before = await usage();
  await worker.start();
  await until("all runs end", async () => {
    const [row] = await look(
      "select exists (select from runs where status in ('queued', 'running')) as more",
    );
    return row.more === false;
  });
  const took = performance.now() - (first ?? 0);
  report("drain", "drainPerS", took, subtract(await usage(), before), n, "job");
  // a connection that ends tells all of its statistics
  await worker.stop();
  await showWhere(look, n);
}

async function workflows(as: "checkpoints" | "steps"): Promise<void> {
  const database = await fresh();
  const usage = () => usageOf(database.adminUrl, server.pid);
  const look = (text: string) =>
    withClient(database.adminUrl, async (client) => (await client.query(text)).rows);
  const starts = new Map<string, number[]>();
  const worker = await adapter(
    "W3",
    database.adminUrl,
    {
      onJob: () => {},
      onStep: (id) => starts.set(id, [...(starts.get(id) ?? []), performance.now()]),
    },
    as,
  );
  await worker.start();
  for (let i = 0; i < WARM; i++) await worker.runWorkflow(`warm-${i}`, STEPS);
  const before = await usage();
  const at = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < WORKFLOWS) await worker.runWorkflow(`many-${next++}`, STEPS);
  };
  await Promise.all(Array.from({ length: 20 }, lane));
  const ms = performance.now() - at;
  const used = subtract(await usage(), before);
  report(`${as} c=20`, "stepsPerS", ms, used, WORKFLOWS * STEPS, "step", as);
  starts.clear();
  for (let i = 0; i < ONE_BY_ONE; i++) await worker.runWorkflow(`one-${i}`, STEPS);
  const gaps = [...starts.values()]
    .map((times) => ((times.at(-1) ?? 0) - (times[0] ?? 0)) / (STEPS - 1))
    .toSorted((a, b) => a - b);
  const gap = gaps[Math.floor(gaps.length / 2)] ?? Number.NaN;
  if (arg.json) tell("W3", "seqStepMs", gap, as);
  else console.log(`${as} c=1`.padEnd(18), `${gap.toFixed(2)} ms a step`);
  await worker.stop();
  await showWhere(look, (WORKFLOWS + ONE_BY_ONE + WARM) * STEPS);
}

async function fanouts(): Promise<void> {
  const database = await fresh();
  const usage = () => usageOf(database.adminUrl, server.pid);
  const look = (text: string) =>
    withClient(database.adminUrl, async (client) => (await client.query(text)).rows);
  const silent = { onJob: () => {}, onStep: () => {} };
  const worker = await adapter("W4", database.adminUrl, silent, "children", String(WIDTH));
  await worker.start();
  for (let i = 0; i < WARM; i++) await worker.runFanout(`warm-${i}`, WIDTH);
  const before = await usage();
  const times: number[] = [];
  for (let i = 0; i < FANOUTS; i++) {
    const at = performance.now();
    await worker.runFanout(`one-${i}`, WIDTH);
    times.push(performance.now() - at);
  }
  const all = times.reduce((sum, ms) => sum + ms, 0);
  report(
    "fan-outs c=1",
    "fanoutsPerS",
    all,
    subtract(await usage(), before),
    FANOUTS,
    "fan-out",
    "W4",
  );
  const median = times.toSorted((a, b) => a - b)[FANOUTS / 2] ?? Number.NaN;
  if (arg.json) tell("W4", "fanoutMs", median);
  else console.log(`fan-outs`.padEnd(18), `${median.toFixed(1)} ms from queued to joined, median`);
  await worker.stop();
  await showWhere(look, FANOUTS + WARM);
}

type Look = (text: string) => Promise<object[]>;

/** Where the database's time went, if it was asked for. */
async function showWhere(look: Look, count: number): Promise<void> {
  if (arg.functions) await showFunctions(look, count);
  if (arg.statements) await showStatements(look, count);
}

/** Of the statements of functions alone: what calls a function contains the time of all that it does. */
async function showStatements(look: Look, count: number): Promise<void> {
  const rows =
    await look(`select calls::float, round((total_exec_time * 1000 / ${count})::numeric, 1)::float as us_each,
      round((mean_exec_time * 1000)::numeric, 1)::float as us_a_call, shared_blks_hit::float / calls as hits_a_call,
      left(regexp_replace(query, '\\s+', ' ', 'g'), 150) as statement
    from pg_stat_statements where not toplevel and dbid = (select oid from pg_database where datname = current_database())
    order by total_exec_time desc limit 40`);
  console.table(rows);
}

async function showFunctions(look: Look, count: number): Promise<void> {
  console.table(
    await look(`select schemaname || '.' || funcname as name, calls::float, round(self_time::numeric, 1)::float as self_ms,
      round((self_time * 1000 / ${count})::numeric, 2)::float as self_us_each
      from pg_stat_user_functions order by self_time desc limit 25`),
  );
}

function adapter(
  workload: string,
  pgUrl: string,
  handler: { onJob(): unknown; onStep(id: string): void },
  as?: "checkpoints" | "steps" | "children",
  concurrency = arg.concurrency,
) {
  const cell = {
    settings: { desc: "", env: { NOFX_CONCURRENCY: concurrency }, ...(as !== undefined && { as }) },
    workload,
    profile: "default",
    pgUrl,
    query: async () => [],
  };
  return startAdapter(cell, handler);
}

function report(
  what: string,
  metric: string,
  ms: number,
  used: Usage,
  count: number,
  unit: string,
  as?: "checkpoints" | "steps" | "W4",
): void {
  const perSecond = count / (ms / 1_000);
  if (arg.json) {
    const workload = as === undefined ? "W1" : as === "W4" ? "W4" : "W3";
    tell(workload, metric, perSecond, as);
    for (const [name, value] of Object.entries(used)) {
      tell(workload, `${what.split(" ", 1)[0]}.${name}`, value / count, as);
    }
    return;
  }
  const each = (value: number, digits = 1) => (value / count).toFixed(digits);
  console.log(
    `${what.padEnd(18)} ${Math.round(perSecond)}/s  ${ms.toFixed(0)} ms; a ${unit}: backend ${each(used.backendUs)} us, ` +
      `server ${each(used.serverUs)} us, node ${each(used.nodeUs)} us, commits ${each(used.commits, 3)}, WAL ${each(used.walBytes, 0)} B`,
  );
}

/** In the form of bench:engine. */
function tell(workload: string, metric: string, value: number, as?: string): void {
  const engine = as === "steps" ? "nofx-steps" : "nofx";
  console.log(JSON.stringify({ workload, profile: "default", engine, metric, value, reps: 1 }));
}
