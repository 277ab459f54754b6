// npm run bench:profile: what one job costs, and whom. For whoever makes the engine faster.
import { parseArgs } from "node:util";
import { withClient } from "@nofx/db/testing";
import { prepareDatabase } from "../lib/database.ts";
import { startServer } from "../lib/server.ts";
import { directSubmitter, submitMany } from "../lib/tasks.ts";
import { until } from "../lib/until.ts";
import { subtract, usageOf, type Usage } from "../lib/usage.ts";
import { DONE, startWorker, type WorkerOptions } from "../lib/worker.ts";

const { values: arg } = parseArgs({
  options: {
    n: { type: "string", default: "20000" },
    concurrency: { type: "string", default: "20" },
    "in-flight": { type: "string", default: "1" },
    /** Times functions of the database, which costs some itself. */
    functions: { type: "boolean", default: false },
    /** Leaves the chains out. */
    drain: { type: "boolean", default: false },
    /** More settings of the server: name=value. */
    set: { type: "string", multiple: true, default: [] },
  },
});
const n = Number(arg.n);
const settings = Object.fromEntries(arg.set.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
const server = await startServer({ ...(arg.functions && { track_functions: "all" }), ...settings });
try {
  const database = await prepareDatabase(await server.fresh("bench"));
  const submitter = directSubmitter(database);
  const usage = () => usageOf(database.adminUrl, server.pid);
  const look = async (text: string) =>
    withClient(database.adminUrl, async (client) => (await client.query(text)).rows);
  const waitForAll = () =>
    until("all runs end", async () => {
      const [row] = await look(
        "select exists (select from runs where status in ('queued', 'running')) as more",
      );
      return row.more === false;
    });
  let ends = new Map<string, () => void>();
  const settled = new Map<string, () => void>();
  let starts: number[] = [];
  let first: number | undefined;
  const work: WorkerOptions["work"] = async (json, run, engine) => {
    first ??= performance.now();
    const { id, steps } = json as { id?: string; steps?: number };
    if (id === undefined) return DONE;
    settled.set(run.step.id, ends.get(id) ?? (() => {}));
    for (let k = 0; k < (steps ?? 0); k++) {
      starts.push(performance.now());
      await engine.checkpoint(run.held, `s${k}`, { k });
    }
    return DONE;
  };

  let before = await usage();
  let at = performance.now();
  await submitMany(submitter, n, { inFlight: Number(arg["in-flight"]) });
  report("enqueue", performance.now() - at, subtract(await usage(), before));

  await look("checkpoint");
  before = await usage();
  const worker = await startWorker({
    connectionString: database.url("nofx_worker"),
    name: "bench",
    env: { NOFX_CONCURRENCY: arg.concurrency },
    work,
    onSettled: (stepId) => settled.get(stepId)?.(),
  });
  await waitForAll();
  report("drain", performance.now() - (first ?? 0), subtract(await usage(), before));
  if (arg.functions) {
    console.table(
      await look(`select schemaname || '.' || funcname as name, calls::float, round(self_time::numeric, 1)::float as self_ms,
        round((self_time * 1000 / ${n})::numeric, 2)::float as self_us_a_job
        from pg_stat_user_functions order by self_time desc limit 25`),
    );
  }
  if (!arg.drain) {
    const run = async (id: string) => {
      const end = new Promise<void>((resolve) => ends.set(id, resolve));
      await submitter.submit([{ id, steps: 10 }]);
      await end;
    };
    for (let i = 0; i < 5; i++) await run(`warm-${i}`);
    starts = [];
    at = performance.now();
    const gaps: number[] = [];
    for (let i = 0; i < 20; i++) {
      starts = [];
      await run(`one-${i}`);
      gaps.push(((starts.at(-1) ?? 0) - (starts[0] ?? 0)) / 9);
    }
    gaps.sort((a, b) => a - b);
    console.log(
      `checkpoints c=1   ${((performance.now() - at) / 20).toFixed(2)} ms/workflow, ${gaps[10]?.toFixed(2)} ms/step`,
    );
    before = await usage();
    at = performance.now();
    let next = 0;
    const lane = async () => {
      while (next < 200) await run(`many-${next++}`);
    };
    await Promise.all(Array.from({ length: 20 }, lane));
    const ms = performance.now() - at;
    report("checkpoints c=20", ms, subtract(await usage(), before), 2_000, "step");
  }
  ends = new Map();
  await worker.stop();
  await submitter.close();
} finally {
  await server.stop();
}
process.exit(0);

function report(what: string, ms: number, used: Usage, count = n, unit = "job"): void {
  const each = (value: number, digits = 1) => (value / count).toFixed(digits);
  console.log(
    `${what.padEnd(17)} ${Math.round(count / (ms / 1_000))}/s  ${ms.toFixed(0)} ms; a ${unit}: backend ${each(used.backendUs)} us, ` +
      `server ${each(used.serverUs)} us, node ${each(used.nodeUs)} us, commits ${each(used.commits, 3)}, WAL ${each(used.walBytes, 0)} B`,
  );
}
