// npm run bench:budgets: what reserving and settling cost a call, by how many budgets cover it, beside a statement that does nothing.
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { reserve, settle } from "@nofx/control/budgets";
import { createDatabase, createPool } from "@nofx/db/client";
import { withClient } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { prepareDatabase } from "../lib/database.ts";
import { quantile, say } from "../lib/numbers.ts";
import { startServer } from "../lib/server.ts";
import { subtract, usageOf } from "../lib/usage.ts";

const { values: arg } = parseArgs({
  options: {
    rounds: { type: "string", default: "600" },
    callers: { type: "string", default: "1,16" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(arg.rounds);
const SCOPES = ["run", "agent", "tenant", "model"] as const;
const AMOUNTS = { usd: 1_000_000n, tokens: 1_000, calls: 1 };

const server = await startServer();
try {
  const database = await prepareDatabase(await server.fresh("bench_budgets"));
  const { tenantId, memberId } = database;
  const pool = createPool({
    connectionString: database.url("nofx_web"),
    applicationName: "bench",
    max: 16,
  });
  const db = createDatabase<DB>(pool);
  const claims = { sub: memberId, tenant_id: tenantId };

  const call = async (scopes: object): Promise<[number, number]> => {
    const begun = performance.now();
    const answer = await reserve(
      { db, newUuid: randomUUID, claims },
      { tenantId, requestKey: randomUUID(), scopes, amounts: AMOUNTS, leaseMs: 60_000 },
    );
    if (answer.outcome !== "reserved") throw new Error(`refused by ${answer.budgetName}`);
    const between = performance.now();
    await settle({ db }, answer.reservationId, { usd: 900_000n, tokens: 700 });
    return [between - begun, performance.now() - between];
  };
  const nothing = async (): Promise<[number, number]> => {
    const begun = performance.now();
    await pool.query("select 1");
    const between = performance.now();
    await pool.query("select 1");
    return [between - begun, performance.now() - between];
  };

  const measure = async (name: string, budgets: number, callers: number) => {
    const one = name === "nothing" ? nothing : call;
    const scopes = Array.from({ length: callers }, () => ({
      runId: randomUUID(),
      agentId: randomUUID(),
      model: "openai/gpt-5-mini",
    }));
    const times: [number, number][] = [];
    const lane = async (i: number, count: number) => {
      for (let n = 0; n < count; n += 1) times.push(await one(scopes[i] ?? {}));
    };
    await Promise.all(scopes.map((_, i) => lane(i, 20)));
    times.length = 0;
    const before = await usageOf(database.adminUrl, server.pid);
    const begun = performance.now();
    await Promise.all(scopes.map((_, i) => lane(i, Math.ceil(rounds / callers))));
    const seconds = (performance.now() - begun) / 1_000;
    const used = subtract(await usageOf(database.adminUrl, server.pid), before);
    const [reserving, settling] = [times.map(([ms]) => ms), times.map(([, ms]) => ms)];
    const line = {
      bench: "budgets",
      name,
      budgets,
      callers,
      perSecond: times.length / seconds,
      reserveP50: quantile(reserving, 0.5),
      reserveP99: quantile(reserving, 0.99),
      settleP50: quantile(settling, 0.5),
      settleP99: quantile(settling, 0.99),
      postgresUs: used.backendUs / times.length,
      walBytes: used.walBytes / times.length,
    };
    const ms = (value: number) => value.toFixed(2);
    say(
      arg.json,
      `${name.padEnd(12)} ${String(callers).padStart(2)} at once: ${line.perSecond.toFixed(0)} calls/s, reserve ${ms(line.reserveP50)} ms (p99 ${ms(line.reserveP99)}), ` +
        `settle ${ms(line.settleP50)} (p99 ${ms(line.settleP99)}), Postgres ${line.postgresUs.toFixed(0)} us of CPU, ${(line.walBytes / 1024).toFixed(1)} kB of WAL`,
      line,
    );
  };

  for (const callers of arg.callers.split(",").map(Number)) await measure("nothing", 0, callers);
  for (const count of [0, 1, 4, 12]) {
    await withClient(database.adminUrl, async (client) => {
      await client.query("delete from public.budgets");
      for (let i = 0; i < count; i += 1) {
        await client.query(
          `insert into public.budgets (tenant_id, name, scope, measure, kind, "window", "limit", outcome, created_by, changed_by)
           values ($1, $2, $3, $4, 'cap', 'day', 1000000000000000, 'stop', $5, $5)`,
          [
            tenantId,
            `b${i}`,
            SCOPES[i % 4],
            ["usd", "tokens", "calls"][Math.floor(i / 4)],
            memberId,
          ],
        );
      }
    });
    for (const callers of arg.callers.split(",").map(Number)) {
      await measure(`${count} budgets`, count, callers);
    }
  }
  await pool.end();
} finally {
  await server.stop();
}
process.exit(0);
