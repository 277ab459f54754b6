import { exchange, type ClaimCursor, type Route } from "@nofx/db/leases";
import { seedTenant } from "@nofx/db/testing";
import fc from "fast-check";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { LEASE_MS, startEngine, type Engine } from "./harness.ts";

const FULL = process.env["PROVE"] === "1";
const KNOWN = ["shell@1", "http@1"];

let engine: Engine;
let tenants: string[];
beforeAll(async () => {
  engine = await startEngine();
  tenants = [];
  for (let i = 0; i < 5; i++) tenants.push((await seedTenant(engine.owner)).id);
  tenants.sort();
});
afterAll(() => engine[Symbol.asyncDispose]());
beforeEach(() => engine.owner.query("truncate runs, steps, attempts, events, claim_rules"));

const UNCLAIM =
  "update steps set status = 'queued', lease_owner = null, lease_until = null, claimed_at = null where id = any ($1)";

interface Queued {
  readonly tenant: number;
  readonly priority: number;
  readonly kind: "shell" | "http" | "wait";
  /** In seconds before now; below zero it is not due. */
  readonly age: number;
}

async function enqueue(tasks: readonly Queued[]): Promise<void> {
  for (const [tenant, id] of tenants.entries()) {
    const own = tasks.filter((task) => task.tenant === tenant);
    if (own.length === 0) continue;
    const rows = own.map(({ kind, priority, age }) => ({
      kind,
      priority,
      executor: "worker",
      arguments: {},
      title: "t",
      token: "t",
      run_at: new Date(Date.now() - age * 1_000).toISOString(),
    }));
    await call("select engine.enqueue($1, $2, 'member', 'x', $1)", [id, JSON.stringify(rows)]);
  }
}

const call = (text: string, values: unknown[]) =>
  engine.worker.executeQuery(CompiledQuery.raw(text, values));

/** One claim that goes on where the last one ended. */
function claimer(route: Omit<Route, "cursor"> = {}) {
  let cursor: ClaimCursor | null = null;
  return async (want: number, { later = false } = {}) => {
    if (later) cursor = looksAgain(cursor);
    const answer = await exchange(engine.worker, {
      worker: "w1",
      version: null,
      handlers: KNOWN,
      settlements: [],
      renewals: [],
      want,
      leaseMs: LEASE_MS,
      route: { ...route, cursor },
    });
    cursor = answer.cursor;
    return answer.claimed;
  };
}

/** As a quarter of a second after that: where the last claim came short it looks everywhere again. */
function looksAgain(cursor: ClaimCursor | null): ClaimCursor | null {
  const hot = cursor?.["hot"] as { full: string } | undefined;
  if (cursor === null || hot === undefined) return cursor;
  return { ...cursor, hot: { ...hot, full: new Date(Date.parse(hot.full) - 250).toISOString() } };
}

const aTask = fc.record<Queued>({
  tenant: fc.nat(4),
  priority: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom("shell", "http", "wait"),
  // well before or well after now: the clocks of test and database need not agree
  age: fc.oneof(fc.integer({ min: -2_000, max: -60 }), fc.integer({ min: 1, max: 2_000 })),
});

test("takes all that is due and known, and nothing else; of each tenant in order of priority and time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aTask, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }),
      async (tasks, wants) => {
        await engine.owner.query("truncate runs, steps, attempts, events");
        await enqueue(tasks);
        const claim = claimer();
        const due = tasks.filter((task) => task.kind !== "wait" && task.age > 0);
        const order = new Map<string, string[]>();
        let taken = 0;
        for (let i = 0; taken < due.length && i < 100; i++) {
          const want = wants[i % wants.length] ?? 1;
          const claimed = await claim(want);
          expect(claimed).toHaveLength(Math.min(want, due.length - taken));
          taken += claimed.length;
          for (const tenant of tenants) {
            const own = claimed.filter((step) => step.tenant_id === tenant);
            order.set(tenant, [...(order.get(tenant) ?? []), ...own.map((step) => step.id)]);
          }
        }
        expect(await claim(100)).toEqual([]);
        for (const tenant of tenants) {
          const { rows } = await engine.owner.query<{ id: string }>(
            `select id from steps where tenant_id = $1 and lease_owner = 'w1' order by priority, run_at, id`,
            [tenant],
          );
          expect(order.get(tenant) ?? []).toEqual(rows.map((row) => row.id));
        }
      },
    ),
    { numRuns: FULL ? 400 : 40 },
  );
});

test("a tenant that floods the queue gets its share and no more, whatever the size of a claim", async () => {
  const flood = Array.from({ length: 300 }, (): Queued => ({
    tenant: 2,
    priority: 1,
    kind: "http",
    age: 900,
  }));
  const others = [0, 1, 3, 4].flatMap((tenant) =>
    Array.from({ length: 10 }, (): Queued => ({ tenant, priority: 3, kind: "http", age: 1 })),
  );
  for (const want of [1, 2, 10]) {
    await engine.owner.query("truncate runs, steps, attempts, events");
    await enqueue([...flood, ...others]);
    const claim = claimer();
    const got = new Map<string, number>();
    for (let n = 0; n < 50; n += want) {
      for (const step of await claim(want))
        got.set(step.tenant_id, (got.get(step.tenant_id) ?? 0) + 1);
    }
    for (const tenant of tenants) {
      expect(got.get(tenant) ?? 0).toBeGreaterThanOrEqual(want === 10 ? 8 : 10);
      expect(got.get(tenant) ?? 0).toBeLessThanOrEqual(want === 10 ? 12 : 10);
    }
  }
});

test("weights share out what is wanted, in small claims as in large ones", async () => {
  const each = [0, 1].flatMap((tenant) =>
    Array.from({ length: 60 }, (): Queued => ({ tenant, priority: 1, kind: "http", age: 1 })),
  );
  await engine.owner.query(
    `insert into claim_rules (tenant_id, weight, by_plane, created_by) values ($1, 3, true, 'test')`,
    [tenants[0]],
  );
  for (const want of [1, 8]) {
    await engine.owner.query("truncate runs, steps, attempts, events");
    await enqueue(each);
    const claim = claimer();
    let heavy = 0;
    for (let n = 0; n < 40; n += want) {
      heavy += (await claim(want)).filter((step) => step.tenant_id === tenants[0]).length;
    }
    expect(heavy).toBe(30);
  }
});

test("what was committed late, behind the place of the last claim, is found all the same", async () => {
  await enqueue(
    Array.from({ length: 20 }, (): Queued => ({ tenant: 0, priority: 2, kind: "http", age: 1 })),
  );
  const claim = claimer();
  await claim(5);
  await enqueue([
    { tenant: 0, priority: 2, kind: "http", age: 500 },
    { tenant: 0, priority: 1, kind: "http", age: 1 },
    { tenant: 0, priority: 1, kind: "shell", age: 1 },
  ]);
  // other groups at once, the head of its own group within a quarter of a second
  expect((await claim(2)).map((step) => step.kind).toSorted()).toEqual(["http", "shell"]);
  const rest = await claim(100);
  const late = rest.length === 16 ? [] : await engine.claim("w2");
  expect(rest.length + late.length).toBe(16);
});

test("many workers that tell each other how far a line is claimed claim all of it, nothing twice, and what was left behind", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aTask, { minLength: 5, maxLength: 40 }),
      fc.array(
        fc.record({ by: fc.nat(2), want: fc.integer({ min: 1, max: 12 }), lost: fc.boolean() }),
        {
          maxLength: 20,
        },
      ),
      async (tasks, claims) => {
        await engine.owner.query("truncate runs, steps, attempts, events");
        await enqueue(tasks);
        const workers = [0, 1, 2].map(() => claimer({ fresh_ms: 8_000 }));
        const taken: string[] = [];
        for (const { by, want, lost } of claims) {
          const ids = ((await workers[by]?.(want)) ?? []).map(({ id }) => id);
          // as after a transaction that did not commit, which told the others all the same
          if (lost) await engine.owner.query(UNCLAIM, [ids]);
          else taken.push(...ids);
        }
        for (const claim of workers) taken.push(...(await claim(100)).map(({ id }) => id));
        for (const claim of workers) {
          taken.push(...(await claim(100, { later: true })).map(({ id }) => id));
        }
        const due = tasks.filter((task) => task.kind !== "wait" && task.age > 0);
        expect(new Set(taken).size).toBe(taken.length);
        expect(taken).toHaveLength(due.length);
      },
    ),
    { numRuns: FULL ? 400 : 30 },
  );
});

test("serves its own tenants or shard only, and its queues in their order", async () => {
  await enqueue(
    [0, 1, 2, 3, 4].map((tenant) => ({ tenant, priority: 1, kind: "http" as const, age: 1 })),
  );
  await engine.owner.query("update steps set queue = 'urgent' where tenant_id = $1", [tenants[3]]);
  expect(await claimer({ tenants: [tenants[1] ?? ""] })(10)).toMatchObject([
    { tenant_id: tenants[1] },
  ]);
  const order = await claimer({ queues: ["urgent", "default"] })(1);
  expect(order).toMatchObject([{ tenant_id: tenants[3] }]);
  const [a, b] = [await claimer({ shard: [0, 2] })(10), await claimer({ shard: [1, 2] })(10)];
  const left = [tenants[0], tenants[2], tenants[4]];
  expect([...a, ...b].map((step) => step.tenant_id).toSorted()).toEqual(left);
});
