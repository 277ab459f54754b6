import { randomUUID } from "node:crypto";
import { release, renew, settle } from "@nofx/control/budgets";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { numRuns } from "@nofx/core/testing";
import type { DB } from "@nofx/db/types";
import fc from "fast-check";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBooks } from "./fixtures.ts";

let plane: TestPlane;
beforeAll(async () => {
  plane = await createTestPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());

const AGENTS = [randomUUID(), randomUUID()];
const RUNS = [randomUUID(), randomUUID(), randomUUID()];

const call = fc.record({
  amount: fc.integer({ min: 0, max: 60 }),
  /** Of what was reserved. */
  used: fc.integer({ min: 0, max: 150 }),
  end: fc.constantFrom(
    "settle",
    "settle",
    "settle",
    "release",
    "lose",
    "lose_then_settle",
    "twice",
  ),
  renewed: fc.boolean(),
  agent: fc.nat({ max: AGENTS.length - 1 }),
  run: fc.nat({ max: RUNS.length - 1 }),
  /** Which of those before it is asked again under its key, if any. */
  again: fc.option(fc.nat({ max: 5 }), { freq: 5 }),
});

/** What the reservations say a counter ought to hold. */
const BOOKS = `
  select c.budget_id, c.subject, c.used, c.reserved, c.overrun, b."limit",
    coalesce(sum(h.amount) filter (where r.state = 'open'), 0) as open,
    coalesce(sum((r.actual ->> 'usd')::numeric) filter (where r.state = 'settled'), 0) as settled,
    coalesce(sum(case when r.late then (r.actual ->> 'usd')::numeric
      else greatest(0, (r.actual ->> 'usd')::numeric - h.amount) end) filter (where r.state = 'settled'), 0) as beyond
  from budget_counters c
  join budgets b on b.id = c.budget_id
  left join (budget_reservations r cross join lateral unnest(r.holds) h)
    on h.budget_id = c.budget_id and h.subject = c.subject and h.starts_at = c.starts_at
  where c.tenant_id = $1 group by c.budget_id, c.subject, c.starts_at, b."limit"`;

it("agrees with every reservation under any interleaving, and exceeds no cap but by what it notes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 5, maxLength: 40 }), async (calls) => {
      const books = await openBooks(plane);
      await books.budget({ limit: 200n });
      await books.budget({ scope: "agent", limit: 120n });
      await books.budget({ scope: "run", limit: 100n, window: "day" });
      await books.budget({ scope: "agent", subject: AGENTS[0] ?? "", limit: 90n, window: "month" });
      const db: Kysely<DB> = books.manyConnections(12);
      const keys = calls.map(() => randomUUID());
      await Promise.all(
        calls.map(async ({ amount, used, end, renewed, agent, run, again }, i) => {
          const requestKey = keys[(again ?? i) % keys.length] ?? "";
          const scopes = { agentId: AGENTS[agent] ?? "", runId: RUNS[run] ?? "" };
          const answer = await books.ask({ usd: BigInt(amount) }, { db, requestKey, scopes });
          if (answer.outcome !== "reserved") return;
          const id = answer.reservationId;
          if (renewed) await renew({ db }, id, 30_000);
          if (end === "release") await release({ db }, id);
          if (end.startsWith("lose")) await books.lose(id);
          if (end === "lose" || end === "release") return;
          const usd = BigInt(Math.floor((amount * used) / 100));
          await settle({ db }, id, { usd });
          if (end === "twice") await settle({ db }, id, { usd: usd + 50n });
        }),
      );
      await db.destroy();
      const { rows } = await plane.owner.query<Record<string, string>>(BOOKS, [books.tenant.id]);
      for (const row of rows) {
        expect(row).toMatchObject({
          reserved: row["open"],
          used: row["settled"],
          overrun: row["beyond"],
        });
        const within = Number(row["used"]) + Number(row["reserved"]) - Number(row["overrun"]);
        expect(within).toBeLessThanOrEqual(Number(row["limit"]));
      }
      const usage = await plane.owner.query<{ usage: string; settled: string }>(
        `select (select coalesce(sum(u.cost_pico), 0) from usage_counters u where u.tenant_id = $1) as usage,
           (select coalesce(sum((r.actual ->> 'usd')::numeric), 0) from budget_reservations r where r.tenant_id = $1) as settled`,
        [books.tenant.id],
      );
      expect(usage.rows[0]?.usage).toBe(usage.rows[0]?.settled);
    }),
    numRuns(200, 8),
  );
}, 120_000);
