import {
  answerScaler,
  limitQueue,
  listQueues,
  pauseQueue,
  resumeQueue,
  scaleQueue,
  unlimitQueue,
} from "@nofx/control/queues";
import { getRun, listRunSteps } from "@nofx/control/runs";
import { submitTasks } from "@nofx/control/tasks";
import { again, createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import { createDatabase, createPool } from "@nofx/db/client";
import { exchange } from "@nofx/db/leases";
import { queueStats } from "@nofx/db/queries";
import { seedAgent, until } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { toId } from "@nofx/core/vocabulary";
import type { MemberContext } from "@nofx/control/command";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";

let plane: TestPlane;
let operating: TestTenant;
let tenant: TestTenant;
let operator: MemberContext;
let boss: MemberContext;
let pool: ReturnType<typeof createPool>;
let worker: ReturnType<typeof createDatabase<DB>>;
beforeAll(async () => {
  plane = await createTestPlane();
  operating = await plane.tenant();
  await plane.owner.query("update tenants set operates_plane = true where id = $1", [operating.id]);
  boss = await operating.as("operator");
  pool = createPool({
    connectionString: plane.database.url("nofx_worker"),
    applicationName: "w",
    max: 2,
  });
  worker = createDatabase<DB>(pool);
});
afterAll(async () => {
  await pool.end();
  await plane[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await plane.owner.query("delete from claim_rules");
  // what other tests left lying or held is out of the way
  await plane.owner.query(
    `update steps set status = 'cancelled', finalised_at = clock_timestamp(), lease_owner = null, lease_until = null
     where status in ('queued', 'assigned', 'running')`,
  );
  tenant = await plane.tenant();
  operator = await tenant.as("operator");
});

const submit = (n: number, more: { queue?: string; delaySeconds?: number } = {}, of = operator) =>
  submitTasks(again(of), {
    tasks: Array.from({ length: n }, () => ({ kind: "shell", with: { script: ":" }, ...more })),
  });
async function claim(queues = ["default", "mail"], want = 50) {
  const answer = await exchange(worker, {
    worker: "w1",
    version: null,
    handlers: ["shell@1"],
    settlements: [],
    renewals: [],
    want,
    leaseMs: 30_000,
    route: { queues },
  });
  return answer.claimed;
}
const told = async (tenantId: string) =>
  (
    await plane.owner.query<{ type: string; payload: Record<string, unknown> }>(
      "select type, payload from events where tenant_id = $1 and type ~ '^(queue|rule)[.]' order by id",
      [tenantId],
    )
  ).rows;

test("a paused queue keeps what is queued, says why, and goes on when it is resumed", async () => {
  await submit(2, { queue: "mail" });
  await submit(1);
  const rule = await pauseQueue(operator, { queue: "mail", reason: "The provider is down" });
  expect(rule).toMatchObject({ queue: "mail", paused: { reason: "The provider is down" } });
  expect(await claim()).toHaveLength(1);
  const page = await listQueues(await tenant.as("viewer"), {});
  expect(page.items).toMatchObject([
    { queue: "default", ready: 0, inFlight: 1, paused: null },
    { queue: "mail", ready: 2, inFlight: 0, paused: { reason: "The provider is down" } },
  ]);
  expect(page.rules).toMatchObject([{ id: rule.id, mayChange: false }]);

  await resumeQueue(again(operator), { queue: "mail" });
  expect(await claim()).toHaveLength(2);
  expect((await listQueues(operator, {})).rules).toEqual([]);
  expect((await refusal(resumeQueue(again(operator), { queue: "mail" }))).code).toBe("conflict");

  const events = await told(tenant.id);
  expect(events.map(({ type }) => type)).toEqual(["queue.paused", "queue.resumed"]);
  expect(JSON.stringify(events)).not.toContain("provider");
  const { rows } = await plane.owner.query<{ verb: string; body: string }>(
    "select verb, body from audit_log where tenant_id = $1 and verb like 'queue.%' order by seq",
    [tenant.id],
  );
  expect(rows.map(({ verb }) => verb)).toEqual(["queue.paused", "queue.resumed"]);
  expect(rows[0]?.body).toContain("reason_sha256");
});

test("a run says which rule keeps its step back", async () => {
  const { runs } = await submit(2);
  const said = async () =>
    (await getRun(operator, { runId: runs[1] ?? "" })).stepList[0]?.waitingFor;
  expect(await said()).toBe("Waits for a free worker.");
  await limitQueue(again(operator), { type: "sh*", maxRunning: 1 });
  await claim();
  expect(await said()).toBe("Steps of type sh*: limit of 1 running reached.");
  await pauseQueue(again(operator), { queue: "default", reason: "The provider is down" });
  expect(await said()).toBe("The queue default is paused: The provider is down");
  const page = await listRunSteps(operator, { runId: runs[1] ?? "" });
  expect(page.items[0]?.waitingFor).toContain("is paused");
  await pauseQueue(again(boss), { plane: true, reason: "Moving house" });
  expect(await said()).toBe("The plane is paused: Moving house");
});

test("limits are set, changed one by one and taken away; a pause outlives them", async () => {
  await submit(6);
  const rate = { count: 2, perSeconds: 3_600 };
  expect(await limitQueue(operator, { maxRunning: 1, rate })).toMatchObject({
    maxRunning: 1,
    rate: { ...rate, burst: 2 },
  });
  expect(await claim()).toHaveLength(1);
  expect(await limitQueue(again(operator), { maxRunning: 5 })).toMatchObject({
    maxRunning: 5,
    rate: { count: 2 },
  });
  expect(await claim()).toHaveLength(1);
  const { id: ruleId } = await limitQueue(again(operator), { rate: null });
  expect(await claim()).toHaveLength(3);
  await pauseQueue(again(operator), { reason: "Enough" });
  expect(await unlimitQueue(again(operator), { ruleId })).toMatchObject({
    maxRunning: null,
    paused: { reason: "Enough" },
  });
  expect(await claim()).toEqual([]);
  await resumeQueue(again(operator), {});
  expect(await claim()).toHaveLength(1);
  expect((await told(tenant.id)).map(({ type }) => type)).toEqual([
    ...Array.from({ length: 3 }, () => "rule.changed"),
    "queue.paused",
    "rule.changed",
    "queue.resumed",
  ]);
});

test("a rule of an agent is for an agent of the tenant", async () => {
  const mine = await seedAgent(plane.owner, tenant.id, { capabilities: [] });
  const other = await seedAgent(plane.owner, operating.id, { capabilities: [] });
  const of = (id: string) => ({ agent: toId("agent", id), maxRunning: 1 });
  expect(await limitQueue(operator, of(mine.id))).toMatchObject(of(mine.id));
  expect((await refusal(limitQueue(again(operator), of(other.id)))).code).toBe("not_found");
});

test("the plane is ruled by those who operate it, and nobody lifts that from below", async () => {
  const { rows } = await plane.owner.query<{ slug: string }>(
    "select slug from tenants where id = $1",
    [tenant.id],
  );
  const slug = rows[0]?.slug ?? "";
  await submit(3);
  const refused = [
    pauseQueue(operator, { plane: true, reason: "no" }),
    limitQueue(operator, { plane: true, tenant: slug, weight: 9 }),
  ];
  for (const one of refused) expect((await refusal(one)).code).toBe("forbidden");
  const paused = await pauseQueue(again(boss), { plane: true, tenant: slug, reason: "Unpaid" });
  expect(paused).toMatchObject({ plane: true, tenant: slug });
  expect(await claim()).toEqual([]);
  const [seen] = (await listQueues(operator, {})).rules;
  expect(seen).toMatchObject({ id: paused.id, mayChange: false, paused: { reason: "Unpaid" } });
  expect((await refusal(unlimitQueue(again(operator), { ruleId: paused.id }))).code).toBe(
    "not_found",
  );
  expect((await refusal(resumeQueue(again(operator), {}))).code).toBe("conflict");
  const all = await listQueues(boss, {});
  expect(all).toMatchObject({ mayRulePlane: true, rules: [{ tenant: slug, mayChange: true }] });
  await resumeQueue(again(boss), { plane: true, tenant: slug });

  await limitQueue(again(boss), { plane: true, maxRunning: 2 });
  await limitQueue(again(boss), { plane: true, tenant: slug, weight: 9 });
  expect(await claim()).toHaveLength(2);
  expect(
    (await plane.owner.query("select engine.weight_of($1) as w", [tenant.id])).rows[0],
  ).toEqual({ w: 9 });
  expect((await refusal(limitQueue(again(boss), { plane: true, tenant: "nobody" }))).code).toBe(
    "not_found",
  );
});

test("a viewer changes nothing, and what makes no sense is refused with what to do", async () => {
  const viewer = await tenant.as("viewer");
  expect((await refusal(pauseQueue(viewer, { reason: "x" }))).code).toBe("forbidden");
  for (const given of [
    { tenant: "other", maxRunning: 1 },
    { type: "shell", maxQueued: 5 },
    { weight: 5 },
    { queue: "Not a name", maxRunning: 1 },
    { maxRunning: 0 },
  ]) {
    expect((await refusal(limitQueue(again(operator), given))).code).toBe("invalid_input");
  }
});

test("numbers of queues: ready, delayed, in flight, ended; and what a scaler is told", async () => {
  await submit(30);
  await submit(4, { delaySeconds: 600 });
  const claimed = await claim(["default"], 10);
  const ended = claimed.slice(0, 4);
  await exchange(worker, {
    worker: "w1",
    version: null,
    handlers: [],
    renewals: [],
    want: 0,
    leaseMs: 30_000,
    settlements: ended.map((step, i) =>
      i === 0
        ? {
            stepId: step.id,
            epoch: step.epoch,
            outcome: "failed" as const,
            error: { code: "exit_nonzero", message: "1" },
          }
        : { stepId: step.id, epoch: step.epoch, outcome: "succeeded" as const, output: null },
    ),
  });
  // other databases of the server share its transaction ids, so a horizon may lie behind them for a moment
  await until("every event has its number", async () => {
    await pool.query("select engine.seal(1000)");
    return (await plane.owner.query("select from events where seq is null")).rowCount === 0;
  });
  const [queue] = (await listQueues(operator, {})).items;
  expect(queue).toMatchObject({ ready: 20, delayed: 4, inFlight: 6, failureRate: 0.25 });
  expect(queue?.oldestSeconds).toBeGreaterThan(0);
  expect(queue?.perMinute).toBeCloseTo(0.8);

  const asked = { queue: "default", perWorker: 2 };
  expect(await scaleQueue(operator, asked)).toMatchObject({ desiredWorkers: 4, ready: 20 });
  expect(await scaleQueue(operator, { queue: "unheard-of", min: 1 })).toMatchObject({
    desiredWorkers: 1,
  });
  expect((await refusal(scaleQueue(operator, { ...asked, plane: true }))).code).toBe("forbidden");
  expect((await scaleQueue(boss, { ...asked, plane: true })).ready).toBe(20);
  expect((await scaleQueue(boss, asked)).ready).toBe(0);
  await pauseQueue(again(operator), { queue: "default", reason: "x" });
  expect((await scaleQueue(operator, asked)).desiredWorkers).toBe(3);
  // as a worker's own gateway answers it
  const stats = await queueStats(worker, null);
  expect(
    answerScaler(stats, {
      queue: "default",
      plane: true,
      perWorker: 2,
      min: 0,
      max: 3,
      backlogPerPlace: 1,
      targetSeconds: 60,
    }).desiredWorkers,
  ).toBe(3);
});
