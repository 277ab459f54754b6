import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPool } from "@nofx/db/client";
import { createTestDatabase, seedRun, type TestDatabase } from "@nofx/db/testing";
import { seedBacklog, seedTenants, tenantNumber } from "./seed-backlog.ts";
import { PlanWatch, type PlanNode } from "./watch-plans.ts";

const QUEUED = process.env["PROVE"] === "1" ? 1_000_000 : 20_000;
const MINUTES = 60_000;
const HOT = ["steps", "runs", "attempts", "events", "waits", "step_dependencies"];
const HANDLERS = ["http@1", "shell@1"];
const TENANT = tenantNumber(2);
const AGENT = "01900000-0000-7000-8000-00000000aaaa";

type Claimed = { id: string; epoch: number };
/** What a call did, and how many rows it was asked for. */
type Watched = { nodes: PlanNode[]; asked: number };

let database: TestDatabase;
let owner: pg.Pool;
let plans: PlanWatch;

async function watch(): Promise<PlanWatch> {
  const watching = new PlanWatch(database.adminUrl);
  await watching.start();
  return watching;
}

beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({
    connectionString: database.url("postgres"),
    applicationName: "test",
    max: 1,
  });
  await seedTenants(owner);
  await seedBacklog(owner, 1, 1_000);
  await owner.query(
    "insert into agent_registry (id, tenant_id, name, capabilities) values ($1, $2, 'a', '{review}')",
    [AGENT, tenantNumber(1)],
  );
  await owner.query(
    `insert into worker_devices (name, host, pid, version, handlers, concurrency, up_since)
     values ('w', 'h', 1, '1', '{http@1}', 1, clock_timestamp() - interval '1 hour')`,
  );
  plans = await watch();
}, MINUTES);
afterAll(async () => {
  await plans.end();
  await owner.end();
  await database.drop();
});

async function exchange(settlements: object[], renewals: object[], want: number, route = {}) {
  const { value, nodes } = await plans.run<{ claimed: Claimed[] }>(
    "select engine.exchange('w', '1', $1, $2, $3, $4, 600000, $5) as value",
    [HANDLERS, JSON.stringify(settlements), JSON.stringify(renewals), want, JSON.stringify(route)],
  );
  return { claimed: value.claimed, nodes };
}

const call = async (asked: number, text: string, values: unknown[] = []): Promise<Watched> => ({
  asked,
  nodes: (await plans.run(`select ${text} as value`, values)).nodes,
});
const held = ({ id, epoch }: Claimed) => ({ step_id: id, epoch });
const done = (step: Claimed) => ({ ...held(step), outcome: "succeeded", output: {} });
const failed = (step: Claimed) => ({
  ...held(step),
  outcome: "failed",
  error: { code: "exit_nonzero", message: "no" },
});

async function exchanged(asked: number, work: Promise<{ nodes: PlanNode[] }>): Promise<Watched> {
  return { asked, nodes: (await work).nodes };
}

/** What an agent claims of 30, behind a backlog of a queue that comes first. */
async function claimForAgent(): Promise<Watched> {
  const claims = { role: "nofx_agent", agent_id: AGENT, tenant_id: tenantNumber(1) };
  await plans.as("nofx_agent_gateway");
  await plans.run("begin", []);
  await plans.run(
    "select set_config('role', 'nofx_agent', true), set_config('request.jwt.claims', $1, true)",
    [JSON.stringify(claims)],
  );
  const { value, nodes } = await plans.run(
    "select engine.claim($1, 'agent', '{agent@1}', $2, '{review}', 2, 60000) as value",
    [AGENT, tenantNumber(1)],
  );
  await plans.run("commit", []);
  await plans.as("nofx_worker");
  expect(value).toBeDefined();
  return { asked: 2, nodes };
}

const CALLS: Record<string, () => Promise<Watched>> = {
  "a claim of one": () => exchanged(8, exchange([], [], 1)),
  "a claim of 100 over many tenants": async () => {
    const { claimed, nodes } = await exchange([], [], 100);
    expect(claimed).toHaveLength(100);
    return { asked: 100, nodes };
  },
  "heartbeats of 50": async () => {
    const { claimed } = await exchange([], [], 50);
    return exchanged(50, exchange([], claimed.map(held), 0));
  },
  "a settlement of one task": async () => {
    const { claimed } = await exchange([], [], 1);
    return exchanged(1, exchange(claimed.map(done), [], 0));
  },
  "a settlement of 100 tasks": async () => {
    const { claimed } = await exchange([], [], 100);
    return exchanged(100, exchange(claimed.map(done), [], 0));
  },
  "failures, and what else a tick does": async () => {
    const { claimed } = await exchange([], [], 20);
    return exchanged(
      20,
      exchange(claimed.slice(10).map(failed), claimed.slice(0, 10).map(held), 10),
    );
  },
  "a settlement in a plan's run that unlocks 50": async () => {
    const after = Array.from({ length: 50 }, (_, n) => ({ name: `s${n}`, needs: ["a"] }));
    const run = await seedRun(owner, TENANT, [{ name: "a" }, ...after]);
    const { claimed } = await exchange([], [], 1, { ids: [run.steps["a"]] });
    expect(claimed).toHaveLength(1);
    return exchanged(50, exchange(claimed.map(done), [], 0));
  },
  "a failure in a plan's run that dooms 50": async () => {
    const after = Array.from({ length: 50 }, (_, n) => ({ name: `s${n}`, needs: ["a"] }));
    const run = await seedRun(owner, TENANT, [{ name: "a" }, ...after]);
    const { claimed } = await exchange([], [], 1, { ids: [run.steps["a"]] });
    return exchanged(100, exchange(claimed.map(failed), [], 0));
  },
  "a checkpoint": async () => {
    const { claimed } = await exchange([], [], 2);
    return call(2, "engine.checkpoints($1)", [
      JSON.stringify(claimed.map((step) => ({ ...held(step), name: "c", value: 1 }))),
    ]);
  },
  "a claim of an agent": claimForAgent,
  "a claim of an agent past a paused queue": async () => {
    await owner.query(
      `insert into claim_rules (tenant_id, queue, paused_at, paused_reason, paused_by, created_by)
       values ($1, 'slow', clock_timestamp(), 'test', 'test', 'test')`,
      [tenantNumber(1)],
    );
    const watched = await claimForAgent();
    await owner.query("delete from claim_rules");
    return watched;
  },
  "the sweep of leases": async () => {
    const { claimed } = await exchange([], [], 20);
    await owner.query(
      "update steps set lease_until = clock_timestamp() where id = any ($1::uuid[])",
      [claimed.map(({ id }) => id)],
    );
    return call(20, "engine.reclaim(20)");
  },
  "the sweep of deadlines": async () => {
    await owner.query(
      `update steps set deadline_at = clock_timestamp() where id in (
         select id from steps where status = 'queued' and deadline_at is not null limit 20)`,
    );
    return call(10, "engine.expire_deadlines(10)");
  },
  "the sweep of timers": async () => {
    await owner.query(
      "update waits set due_at = clock_timestamp() where id in (select id from waits where status = 'open' limit 20)",
    );
    return call(10, "engine.wake_timers(10)");
  },
  "the sweep of agents' overdue claims": () => call(500, "engine.overdue(100)"),
  // 1,000 tenants have steps of two handlers
  "the sweep of what no worker knows": () => call(2_000, "engine.end_stranded(60, 10)"),
  "a batch of new tasks": () =>
    call(50, "engine.enqueue($1, $2, 'system', 'test', gen_random_uuid())", [
      TENANT,
      JSON.stringify(
        Array.from({ length: 50 }, (_, n) => ({
          kind: "http",
          executor: "worker",
          title: "t",
          arguments: {},
          token: "0123456789",
          key: `k${n}`,
        })),
      ),
    ]),
  "what a transport is told of": () =>
    call(150, "engine.dispatchable($1, 'default', '{}', 100)", [HANDLERS]),
  // 1,000 tenants are asked for what is due
  "the archive": async () => {
    await owner.query(
      `insert into runs (tenant_id, title, step_count, steps_left, correlation_id, created_by_type, created_by, status, finished_at)
       select $1, 'old', 1, 0, gen_random_uuid(), 'system', 'test', 'succeeded', clock_timestamp() - interval '2 years'
       from generate_series(1, 50)`,
      [TENANT],
    );
    return call(1_000, "engine.archive(50)");
  },
};

/** What a call did that it should not do: a scan of a whole table, or more rows or pages than it was asked for. */
function faults({ nodes, asked }: Watched, limit = 50 + 4 * asked): string[] {
  const sums = new Map<string, PlanNode>();
  for (const node of nodes) {
    const key = [node.type, node.table, node.index, node.query].join();
    const sum = sums.get(key);
    sums.set(key, {
      ...node,
      rows: node.rows + (sum?.rows ?? 0),
      pages: node.pages + (sum?.pages ?? 0),
    });
  }
  const hot = [...sums.values()].filter(
    ({ type, table }) => table === "" || HOT.includes(table) || type.endsWith("Sort"),
  );
  return hot
    .filter(
      ({ type, rows, pages }) =>
        type === "Seq Scan" ||
        rows > limit ||
        // what functions in a node's output read is its own, too
        (type.includes("Index") && pages > 500 + 15 * asked),
    )
    .map(
      ({ type, table, index, rows, pages, query }) =>
        `${type} ${table} ${index}: ${rows} rows, ${pages} pages: ${query.trim().slice(0, 200)}`,
    );
}

const calls = Object.entries(CALLS).map(([name, make]) => ({ name, make }));

/** Claims, ends and sweeps read what they take, whatever lies behind it. */
describe("with plans made when there was next to nothing, and no statistics since", () => {
  beforeAll(async () => {
    for (const { make } of calls) {
      await make();
    }
    await seedBacklog(owner, 1_001, QUEUED);
  }, 10 * MINUTES);

  test.for(calls)(
    "$name neither scans nor sorts the backlog",
    { timeout: MINUTES },
    async ({ make }) => {
      expect(faults(await make())).toEqual([]);
    },
  );
});

describe("with statistics, in a new session", () => {
  beforeAll(async () => {
    await owner.query("analyze");
    await plans.end();
    plans = await watch();
  }, 10 * MINUTES);

  test.for(calls)(
    "$name neither scans nor sorts the backlog",
    { timeout: MINUTES },
    async ({ make }) => {
      expect(faults(await make())).toEqual([]);
    },
  );

  test.for(["engine.stats()", "engine.queue_stats(null)"])(
    "%s counts no further than 10,000",
    { timeout: MINUTES },
    async (text) => {
      const watched = await call(0, text);
      const counts = watched.nodes.map((node) => ({ ...node, pages: 0 }));
      expect(faults({ nodes: counts, asked: 0 }, 10_000)).toEqual([]);
    },
  );
});

test("every index says what it is for, or is a key", async () => {
  const { rows } = await owner.query<{ name: string }>(
    `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = 'public'::regnamespace and obj_description(c.oid, 'pg_class') is null
       and not exists (select from pg_constraint k where k.conindid = c.oid)`,
  );
  expect(rows.map(({ name }) => name)).toEqual([]);
});
