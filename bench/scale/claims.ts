// npm run bench:claims: how long a claim takes with a million steps queued, against ten thousand.
import { parseArgs } from "node:util";
import { createWorkerEngine, type ExchangeAnswer } from "@nofx/control/steps";
import { prepareDatabase, type BenchDatabase } from "../lib/database.ts";
import { medianOf, quantile, say } from "../lib/numbers.ts";
import { openQueue, seedTenants, settleStorage } from "../lib/seed.ts";
import { startServer } from "../lib/server.ts";

const { values: arg } = parseArgs({
  options: {
    few: { type: "string", default: "10000" },
    many: { type: "string", default: "1000000" },
    tenants: { type: "string", default: "1000" },
    want: { type: "string", default: "20" },
    rounds: { type: "string", default: "100" },
    json: { type: "boolean", default: false },
  },
});
const LEASE_MS = 60_000;
const want = Number(arg.want);

const server = await startServer();
try {
  const few = await fill("few", Number(arg.few));
  const many = await fill("many", Number(arg.many));
  // connections and plans first
  for (let i = 0; i < 10; i++) for (const one of [few, many]) await one.claim();
  const times = { few: [] as number[], many: [] as number[] };
  for (let round = 0; round < Number(arg.rounds); round++) {
    // who goes second finds the caches of the processor as the other has left them: so they take turns
    const [first, second] = round % 2 === 0 ? ([few, many] as const) : ([many, few] as const);
    for (const one of [first, second]) times[one.name].push(await one.claim());
  }
  const of = (name: "few" | "many") => medianOf(times[name]);
  const ratio = of("many") / of("few");
  for (const { name, count } of [few, many]) {
    const p95 = quantile(times[name], 0.95);
    say(
      arg.json,
      `${count.toLocaleString("en-US")} queued: a claim of ${want} takes ${of(name).toFixed(2)} ms (p95 ${p95.toFixed(2)})`,
      { bench: "claims", queued: count, want, p50: of(name), p95 },
    );
  }
  say(arg.json, `ratio of medians ${ratio.toFixed(2)} (wanted: at most 1.5)`, {
    bench: "claims",
    metric: "ratio",
    value: ratio,
    wanted: 1.5,
  });
  await Promise.all([few.close(), many.close()]);
} finally {
  await server.stop();
}
process.exit(0);

/** A database with so many steps queued, and a worker there that claims and settles. */
async function fill(name: "few" | "many", count: number) {
  const database: BenchDatabase = await prepareDatabase(await server.fresh(`bench_${name}`));
  const tenants = await seedTenants(database, Number(arg.tenants));
  const queue = openQueue(database);
  const each = Math.max(1, Math.round(count / tenants.length));
  const left = [...tenants];
  const lane = async () => {
    for (let tenant = left.pop(); tenant !== undefined; tenant = left.pop()) {
      await queue.add(tenant, each);
    }
  };
  await Promise.all([lane(), lane()]);
  await queue.close();
  await settleStorage(database);
  const engine = createWorkerEngine({
    connectionString: database.url("nofx_worker"),
    worker: "bench",
    max: 1,
  });
  let cursor: ExchangeAnswer["cursor"] | undefined;
  const exchange = async (steps: number, claimed: ExchangeAnswer["claimed"]) =>
    engine.exchange({
      version: "bench",
      handlers: ["http@1"],
      settlements: claimed.map((step) => ({
        stepId: step.id,
        epoch: step.epoch,
        outcome: "succeeded",
        output: {},
      })),
      renewals: [],
      want: steps,
      leaseMs: LEASE_MS,
      route: cursor == null ? {} : { cursor },
    });
  return {
    name,
    count: each * tenants.length,
    /** Claims as a worker does, and settles outside of the time that it answers. */
    async claim(): Promise<number> {
      const at = performance.now();
      const answer = await exchange(want, []);
      const ms = performance.now() - at;
      if (answer.claimed.length !== want) throw new Error(`claimed ${answer.claimed.length}`);
      cursor = answer.cursor;
      await exchange(0, answer.claimed);
      return ms;
    },
    close: () => engine.close(),
  };
}
