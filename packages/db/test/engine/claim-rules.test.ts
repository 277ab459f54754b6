import { fullBucket, refill, type Rate } from "@nofx/core/queues";
import { claimForAgent } from "@nofx/db/leases";
import { seedAgent, seedRun, seedTenant, type StepDraft } from "@nofx/db/testing";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { agentOf, done, LEASE_MS, startEngine, type Engine } from "./harness.ts";

const FULL = process.env["PROVE"] === "1";
const CLAIMERS = FULL ? 16 : 8;
const STEPS = FULL ? 600 : 80;

let engine: Engine;
let tenantId: string;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());
beforeEach(async () => {
  await engine.owner.query("delete from claim_rules");
  // what other tests left lying or held is out of the way
  await engine.owner.query(
    `update steps set status = 'queued', lease_owner = null, lease_until = null, run_at = 'infinity'
     where status in ('queued', 'assigned', 'running')`,
  );
  ({ id: tenantId } = await seedTenant(engine.owner));
});

/** A rule of this tenant, or with `tenant_id: null` of the plane. Answers its id. */
async function rule(columns: Record<string, unknown>): Promise<string> {
  const row: Record<string, unknown> = { tenant_id: tenantId, created_by: "test", ...columns };
  row["by_plane"] ??= row["tenant_id"] === null;
  if (row["rate"] !== undefined) {
    row["tokens"] ??= row["burst"];
    row["refilled_at"] ??= new Date();
  }
  if (row["paused_reason"] !== undefined)
    Object.assign(row, { paused_at: new Date(), paused_by: "x" });
  const names = Object.keys(row);
  const { rows } = await engine.owner.query<{ id: string }>(
    `insert into claim_rules (${names.join(", ")}) values (${names.map((_, i) => `$${i + 1}`).join(", ")}) returning id`,
    Object.values(row),
  );
  return rows[0]?.id ?? "";
}
const steps = (n: number, draft: Partial<StepDraft> = {}) =>
  seedRun(
    engine.owner,
    tenantId,
    Array.from({ length: n }, (_, i) => ({ name: `s${i}`, ...draft })),
  );
const inQueue = (runId: string, queue: string) =>
  engine.owner.query("update steps set queue = $2 where run_id = $1", [runId, queue]);

/** Claims and settles until nothing is left, from many connections at once. Answers how many steps each got. */
async function work(claimers: number, until: () => boolean): Promise<number> {
  let got = 0;
  await Promise.all(
    Array.from({ length: claimers }, async (_, w) => {
      while (!until() && got < STEPS) {
        const claimed = await engine.claim(`w${w}`, 3);
        got += claimed.length;
        if (claimed.length > 0)
          await engine.settle(
            claimed.map((step) => done(step)),
            `w${w}`,
          );
      }
    }),
  );
  return got;
}

describe("max_running", () => {
  test("no number of claimers goes above it, and all work is done", async () => {
    await rule({ max_running: 5 });
    const run = await steps(STEPS);
    await work(CLAIMERS, () => false);
    // what the attempts say for themselves: how many were under way at any instant
    const { rows } = await engine.owner.query<{ most: number; ended: number }>(
      `select max(under_way)::integer as most, (select count(*)::integer from attempts where run_id = $1 and outcome = 'succeeded') as ended
       from (
         select sum(n) over (order by at, n) as under_way from (
           select claimed_at as at, 1 as n from attempts where run_id = $1
           union all select finished_at, -1 from attempts where run_id = $1) as changes
       ) as levels`,
      [run.id],
    );
    expect(rows[0]?.ended).toBe(STEPS);
    expect(rows[0]?.most).toBeLessThanOrEqual(5);
    expect(rows[0]?.most).toBeGreaterThan(1);
  });

  test("several groups of one claim share it", async () => {
    await rule({ max_running: 3 });
    await steps(4);
    await steps(4, { kind: "approval" });
    await steps(4, { priority: 1 });
    expect(await engine.claim("w1", 10)).toHaveLength(3);
    expect(await engine.claim("w2", 10)).toEqual([]);
  });

  test("one that is set later binds what is queued; a raised one lets it go on; without it all goes", async () => {
    await steps(9);
    expect(await engine.claim("w1", 2)).toHaveLength(2);
    const id = await rule({ max_running: 2 });
    expect(await engine.claim()).toEqual([]);
    await engine.owner.query("update claim_rules set max_running = 5 where id = $1", [id]);
    expect(await engine.claim()).toHaveLength(3);
    await engine.owner.query("delete from claim_rules");
    expect(await engine.claim()).toHaveLength(4);
  });

  test("it holds for its tenant, queue or type, and for the plane over all tenants", async () => {
    await rule({ type: "appr*", max_running: 1 });
    await steps(2, { kind: "approval" });
    await steps(2);
    const first = await engine.claim();
    expect(first.map((step) => step.kind).toSorted()).toEqual(["approval", "shell", "shell"]);

    const { id: other } = await seedTenant(engine.owner);
    await rule({ tenant_id: null, max_running: 4 });
    await seedRun(
      engine.owner,
      other,
      ["a", "b", "c"].map((name) => ({ name })),
    );
    expect(await engine.claim()).toHaveLength(1);
  });

  test("what is counted is read from the index of leases", async () => {
    const { rows } = await engine.owner
      .query<{ "QUERY PLAN": string }>(
        `set enable_seqscan = off; explain select count(*) from (
         select from steps s where s.status in ('assigned', 'running') and s.tenant_id = '${tenantId}' limit 5) as running`,
      )
      .then((answers) => (answers as unknown as (typeof answers)[])[1] ?? answers);
    expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).toContain("steps_lease");
  });
});

describe("rate", () => {
  const slow = { rate: 1, per_seconds: 3_600, burst: 6 };
  const hoursPass = (n: number) =>
    engine.owner.query(
      "update claim_rules set refilled_at = refilled_at - make_interval(hours => $1)",
      [n],
    );

  test("all claimers together get the burst, and then what time brings", async () => {
    await rule(slow);
    await steps(STEPS);
    const round = async () => {
      let got = 0;
      // a claimer that finds the rule taken gets nothing this time: every round asks until nobody gets anything
      for (let last = -1; last !== got;) {
        last = got;
        const claims = await Promise.all(
          Array.from({ length: CLAIMERS }, (_, w) => engine.claim(`w${w}`, 4)),
        );
        got += claims.flat().length;
      }
      return got;
    };
    expect(await round()).toBe(6);
    await hoursPass(2);
    expect(await round()).toBe(2);
    await hoursPass(100);
    expect(await round()).toBe(6);
  });

  test("what is allowed and not there stays in the bucket", async () => {
    const id = await rule(slow);
    await steps(2);
    expect(await engine.claim("w1", 100)).toHaveLength(2);
    const { rows } = await engine.owner.query<{ tokens: string }>(
      "select tokens from claim_rules where id = $1",
      [id],
    );
    expect(Math.floor(Number(rows[0]?.tokens))).toBe(4);
  });

  test("SQL and core fill a bucket alike, to the millionth", async () => {
    const some = fc.sample(
      fc.record({
        rate: fc.integer({ min: 1, max: 1_000_000 }),
        perSeconds: fc.integer({ min: 1, max: 86_400 }),
        burst: fc.integer({ min: 1, max: 1_000_000 }),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
        us: fc.oneof(
          fc.integer({ min: -1_000, max: 5_000_000 }),
          fc.integer({ min: 0, max: 9_000_000_000 }),
        ),
      }),
      FULL ? 5_000 : 500,
    );
    const cases = some.map(({ part, us, ...rate }: { part: number; us: number } & Rate, n) => {
      const { micros } = fullBucket(rate, 0n);
      const before = BigInt(Math.floor(Number(micros) * part));
      return {
        ...rate,
        n,
        us,
        tokens: `${before / 1_000_000n}.${`${before % 1_000_000n}`.padStart(6, "0")}`,
        after: `${refill({ micros: before, atUs: 0n }, rate, BigInt(us))}`,
      };
    });
    const { rows } = await engine.owner.query<{ after: string }>(
      `select trunc(engine.refill(c.tokens, t.at, c.rate, c."perSeconds", c.burst, t.at + c.us * interval '1 microsecond') * 1000000) as after
       from jsonb_to_recordset($1) as c (tokens numeric, rate integer, "perSeconds" integer, burst integer, us bigint, n bigint),
         (select '2026-03-29T00:59:59.123456Z'::timestamptz as at) t order by c.n`,
      [JSON.stringify(cases)],
    );
    expect(rows.map((row) => row.after)).toEqual(cases.map((one) => one.after));
  });
});

describe("pause", () => {
  test("a paused queue, type, tenant or plane gives nothing; its steps stay queued", async () => {
    for (const scope of [
      { queue: "default" },
      { type: "shell" },
      {},
      { tenant_id: null },
      { by_plane: true },
    ]) {
      const run = await steps(1);
      await rule({ ...scope, paused_reason: "stocktaking" });
      expect(await engine.claim()).toEqual([]);
      expect((await engine.step(run.steps["s0"] ?? "")).status).toBe("queued");
      await engine.owner.query("delete from claim_rules");
      expect(await engine.claim()).toHaveLength(1);
    }
  });

  test("what lies behind a paused type, or in another tenant, goes on", async () => {
    await rule({ type: "approval", paused_reason: "nobody is in" });
    await rule({ queue: "mail", paused_reason: "blocked" });
    await steps(3, { kind: "approval", priority: 1 });
    await steps(2);
    expect((await engine.claim()).map((step) => step.kind)).toEqual(["shell", "shell"]);
  });

  test("the strictest of several rules wins", async () => {
    await rule({ max_running: 9 });
    await rule({ queue: "default", rate: 1, per_seconds: 3_600, burst: 4 });
    await rule({ tenant_id: null, max_running: 1_000 });
    await steps(12);
    expect(await engine.claim()).toHaveLength(4);
  });
});

describe("agents", () => {
  const claim = (agent: { id: string; tenantId: string }, limit = 10) =>
    engine.asAgent(agent, (db) =>
      claimForAgent(db, agentOf(agent), {
        capabilities: ["code.write", "code.review"],
        limit,
        leaseMs: LEASE_MS,
      }),
    );

  test("a limit holds for one agent, a capability is a type, a queue is paused", async () => {
    const capabilities = ["code.write", "code.review"];
    const [one, two] = [
      await seedAgent(engine.owner, tenantId, { capabilities }),
      await seedAgent(engine.owner, tenantId, { capabilities }),
    ];
    await rule({ agent: one.id, max_running: 2 });
    await rule({ type: "code.rev*", max_running: 1 });
    await rule({ queue: "later", paused_reason: "not yet" });
    const waiting = await steps(4, { kind: "agent", capability: "code.write", priority: 1 });
    await inQueue(waiting.id, "later");
    await steps(2, { kind: "agent", capability: "code.review", priority: 2 });
    await steps(4, { kind: "agent", capability: "code.write" });
    expect((await claim(one)).map((step) => step.capability)).toEqual([
      "code.review",
      "code.write",
    ]);
    expect(await claim(one)).toEqual([]);
    expect((await claim(two)).map((step) => step.capability)).toEqual(
      Array.from({ length: 3 }, () => "code.write"),
    );
  });
});

test("a tenant's weight comes from those who operate the plane alone", async () => {
  const weight = async () =>
    (await engine.owner.query("select engine.weight_of($1) as n", [tenantId])).rows[0]?.["n"];
  expect(await weight()).toBe(1);
  await expect(rule({ weight: 7 })).rejects.toMatchObject({ code: "23514" });
  await rule({ weight: 7, by_plane: true });
  expect(await weight()).toBe(7);
  // and binds no claim
  await steps(3);
  expect(await engine.claim()).toHaveLength(3);
});
