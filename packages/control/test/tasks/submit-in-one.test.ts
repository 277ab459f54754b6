import type { MemberContext } from "@nofx/control/command";
import { limitQueue } from "@nofx/control/queues";
import { submitTasks } from "@nofx/control/tasks";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { NofxError } from "@nofx/core/errors";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { refusal } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

const task = { kind: "shell", with: { script: ":" } } as const;
const operatorOf = async (options?: Parameters<TestPlane["tenant"]>[0]) =>
  (await t.tenant(options)).as("operator");

/** What a command leaves behind, and what it must not. */
async function left({ tenantId }: MemberContext): Promise<Record<string, number>> {
  const { rows } = await t.owner.query<Record<string, number>>(
    `select (select count(*) from runs where tenant_id = $1)::integer as runs,
       (select count(*) from steps where tenant_id = $1)::integer as steps,
       (select count(*) from events where tenant_id = $1 and type = 'tasks.queued')::integer as events,
       (select count(*) from audit_log where tenant_id = $1 and verb = 'tasks.submitted')::integer as audit,
       (select count(*) from idempotency_keys where tenant_id = $1 and route = 'tasks.submit')::integer as keys`,
    [tenantId],
  );
  return rows[0] ?? {};
}
const once = { runs: 1, steps: 1, events: 1, audit: 1, keys: 1 };
const NOTHING = { runs: 0, steps: 0, events: 0, audit: 0, keys: 0 };

/** The statements that `work` sends, without the ring that nobody waits for. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = [];
  const real = pg.Client.prototype.query;
  const watched = vi.spyOn(pg.Client.prototype, "query").mockImplementation(function (
    this: pg.Client,
    ...args: unknown[]
  ) {
    const [query] = args as [string | pg.QueryConfig];
    sent.push(typeof query === "string" ? query : query.text);
    return real.apply(this, args as never);
  });
  try {
    await work();
  } finally {
    watched.mockRestore();
  }
  return sent.filter((text) => !text.includes("pg_notify"));
}

test("a submit is one statement, also of a tenant that runs commands and has ceilings", async () => {
  const operator = await operatorOf();
  expect(
    await statementsOf(() => submitTasks(again(operator), { tasks: [task, task] })),
  ).toHaveLength(1);
  await limitQueue(again(operator), { maxQueued: 100 });
  // the first one finds the ceiling and counts what is under it
  await submitTasks(again(operator), { tasks: [task] });
  const counted = await statementsOf(() => submitTasks(again(operator), { tasks: [task] }));
  expect(counted.filter((text) => text.includes("submit_tasks"))).toHaveLength(1);
  const replayed = again(operator);
  await submitTasks(replayed, { tasks: [task] });
  expect(
    await statementsOf(() =>
      submitTasks(again(operator, replayed.idempotencyKey), { tasks: [task] }),
    ),
  ).toContainEqual(expect.stringContaining("submit_tasks"));
});

test.each([
  ["what takes a plan", { tasks: [task, { ...task, sensitive: true }] }, "plan_required"],
  [
    "a time that is too far",
    { tasks: [{ ...task, runAt: "2999-01-01T00:00:00Z" }] },
    "invalid_input",
  ],
  [
    "a text that the database cannot hold",
    { tasks: [{ ...task, title: "\u0000" }] },
    "invalid_input",
  ],
])("%s leaves nothing behind, and does not use the key up", async (_, input, code) => {
  const operator = await operatorOf();
  expect((await refusal(submitTasks(operator, input))).code).toBe(code);
  expect(await left(operator)).toEqual(NOTHING);
  await submitTasks(again(operator, operator.idempotencyKey), { tasks: [task] });
  expect(await left(operator)).toEqual(once);
});

test("a full queue leaves nothing behind; a ceiling that is raised lets in at once", async () => {
  const operator = await operatorOf();
  await limitQueue(again(operator), { maxQueued: 1 });
  expect((await refusal(submitTasks(operator, { tasks: [task, task] }))).code).toBe("queue_full");
  expect(await left(operator)).toEqual(NOTHING);
  await limitQueue(again(operator), { maxQueued: 2 });
  await submitTasks(again(operator, operator.idempotencyKey), { tasks: [task, task] });
  expect(await left(operator)).toMatchObject({ runs: 2, audit: 1, keys: 1 });
});

test("a request that was answered gets its answer, whatever would refuse it now", async () => {
  const operator = await operatorOf();
  const key = operator.idempotencyKey;
  const first = await submitTasks(operator, { tasks: [task] });
  await limitQueue(again(operator), { maxQueued: 1 });
  await t.owner.query(
    `update tenant_settings set value = '"off"' where tenant_id = $1 and key = 'shell'`,
    [operator.tenantId],
  );
  const repeated = again(operator, key);
  expect(await submitTasks(repeated, { tasks: [task] })).toEqual(first);
  expect(repeated.replayed).toBe(true);
  expect((await refusal(submitTasks(again(operator), { tasks: [task] }))).code).toBe(
    "plan_required",
  );
  const other = submitTasks(again(operator, key), { tasks: [{ ...task, sensitive: true }] });
  expect((await refusal(other)).code).toBe("idempotency_key_reused");
  expect(await left(operator)).toEqual(once);
});

test("an answer that an earlier release has stored is given as it was", async () => {
  const operator = await operatorOf();
  const first = await submitTasks(operator, { tasks: [task] });
  await t.owner.query(
    `update idempotency_keys set response = $2 where tenant_id = $1 and route = 'tasks.submit'`,
    [operator.tenantId, JSON.stringify({ value: first })],
  );
  const repeated = again(operator, operator.idempotencyKey);
  expect(await submitTasks(repeated, { tasks: [task] })).toEqual(first);
  expect(first.runs[0]).toMatch(/^run_/);
});

test("of 50 at once with one key, one makes the run and the others get it or are told to wait", async () => {
  const operator = await operatorOf();
  const answers = await Promise.allSettled(
    Array.from({ length: 50 }, () => submitTasks(again(operator, "one"), { tasks: [task] })),
  );
  const runs = new Set(
    answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value.runs : [])),
  );
  const refused = answers.flatMap((answer) =>
    answer.status === "rejected" ? [NofxError.is(answer.reason) && answer.reason.code] : [],
  );
  expect(refused).toEqual(refused.map(() => "idempotency_in_flight"));
  expect(runs.size).toBe(1);
  expect(await left(operator)).toEqual(once);
});

test("who is not of the tenant is refused by the database too", async () => {
  const [mine, stranger] = [await operatorOf(), await operatorOf()];
  const posing = { ...again(stranger), tenantId: mine.tenantId };
  expect((await refusal(submitTasks(posing, { tasks: [task] }))).code).toBe("forbidden");
  await submitTasks(mine, { tasks: [task] });
  const peeking = { ...again(stranger, mine.idempotencyKey), tenantId: mine.tenantId };
  expect((await refusal(submitTasks(peeking, { tasks: [task] }))).code).toBe("forbidden");
  expect(await left(mine)).toEqual(once);
  // the claims of one request do not outlive it
  const { rows } = await t.plane.pool.query<{ claims: string | null }>(
    "select nullif(current_setting('request.jwt.claims', true), '') as claims",
  );
  expect(rows).toEqual([{ claims: null }]);
});
