import { setImmediate as turn } from "node:timers/promises";
import { importBacklog } from "@nofx/control/backlog";
import { createPlane, type MemberContext } from "@nofx/control/command";
import { createPlan, executePlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { NofxError } from "@nofx/core/errors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

test("the same key and body gets the stored answer and does nothing again", async () => {
  const operator = await (await t.tenant()).as("operator");
  const input = backlog("p", [shellItem("a")]);
  const first = await importBacklog(operator, input);
  const same = again(operator, operator.idempotencyKey);
  expect(await importBacklog(same, input)).toEqual(first);
  expect(same.replayed).toBe(true);
  const { rowCount } = await t.owner.query(
    "select 1 from events where tenant_id = $1 and type = 'backlog.imported'",
    [operator.tenantId],
  );
  expect(rowCount).toBe(1);
});

test("key order and white space are no other body; another value is", async () => {
  const operator = await (await t.tenant()).as("operator");
  const item = shellItem("a");
  await importBacklog(operator, backlog("p", [item]));
  const turned = Object.fromEntries(Object.entries(item).toReversed());
  const same = again(operator, operator.idempotencyKey);
  await importBacklog(same, backlog("p", [turned]));
  expect(same.replayed).toBe(true);
  const other = importBacklog(
    again(operator, operator.idempotencyKey),
    backlog("p", [shellItem("b")]),
  );
  expect((await refusal(other)).code).toBe("idempotency_key_reused");
});

test("a key and body that somebody else used gets no answer of theirs", async () => {
  const tenant = await t.tenant();
  const [operator, other] = [await tenant.as("operator"), await tenant.as("operator")];
  const input = backlog("p", [shellItem("a")]);
  await importBacklog(operator, input);
  const theirs = importBacklog(again(other, operator.idempotencyKey), input);
  expect((await refusal(theirs)).code).toBe("idempotency_key_reused");
});

test("a request without a key is refused by name of the header", async () => {
  const operator = await (await t.tenant()).as("operator");
  const input = backlog("p", [shellItem("a")]);
  const missing = await refusal(importBacklog({ ...operator, idempotencyKey: undefined }, input));
  expect(missing.code).toBe("idempotency_key_required");
  expect(missing.status).toBe(400);
  expect(missing.detail).toContain("Idempotency-Key");
  for (const key of ["with space", "x".repeat(256), "ümlaut"]) {
    const error = await refusal(importBacklog(again(operator, key), input));
    expect(error.code).toBe("idempotency_key_invalid");
  }
});

test("bad input does not use the key up", async () => {
  const operator = await (await t.tenant()).as("operator");
  const bad = importBacklog(operator, backlog("p", [shellItem("a", { needs: ["x"] })]));
  expect((await refusal(bad)).code).toBe("backlog_invalid");
  const fixed = again(operator, operator.idempotencyKey);
  expect((await importBacklog(fixed, backlog("p", [shellItem("a")]))).created).toBe(1);
});

test("while the first request runs, a second one with its key is told to wait", async () => {
  const operator = await (await t.tenant()).as("operator");
  const input = backlog("p", [shellItem("a")]);
  const holder = await t.owner.connect();
  try {
    await holder.query("begin");
    await holder.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [
      `${operator.tenantId}|backlog.import|${operator.idempotencyKey}`,
    ]);
    const error = await refusal(importBacklog(operator, input));
    expect(error.code).toBe("idempotency_in_flight");
    expect(error.retryAfterSeconds).toBe(1);
    await holder.query("rollback");
  } finally {
    holder.release();
  }
  expect((await importBacklog(again(operator, operator.idempotencyKey), input)).created).toBe(1);
});

test("the same key in two tenants is two requests", async () => {
  const [one, two] = [
    await (await t.tenant()).as("operator"),
    await (await t.tenant()).as("operator"),
  ];
  const input = backlog("p", [shellItem("a")]);
  await importBacklog(again(one, "shared"), input);
  const second = again(two, "shared");
  expect((await importBacklog(second, input)).created).toBe(1);
  expect(second.replayed).toBe(false);
});

test("of 50 requests at once with one key, one does the work", async () => {
  const operator = await (await t.tenant()).as("operator");
  const input = backlog("p", [shellItem("a")]);
  const answers = await Promise.allSettled(
    Array.from({ length: 50 }, () => importBacklog(again(operator, "one"), input)),
  );
  const done = answers.filter((answer) => answer.status === "fulfilled");
  const refused = answers.flatMap((answer) =>
    answer.status === "rejected" ? [answer.reason.code] : [],
  );
  expect(done.length).toBeGreaterThan(0);
  expect(new Set(refused)).toEqual(new Set(refused.length === 0 ? [] : ["idempotency_in_flight"]));
  const { rowCount } = await t.owner.query(
    "select 1 from events where tenant_id = $1 and type = 'backlog.imported'",
    [operator.tenantId],
  );
  expect(rowCount).toBe(1);
});

test("a key that has expired is a new key, and its answer is stored again", async () => {
  const operator = await (await t.tenant()).as("operator");
  await importBacklog(again(operator, "old"), backlog("p", [shellItem("a")]));
  await t.owner.query("update idempotency_keys set expires_at = now() where tenant_id = $1", [
    operator.tenantId,
  ]);
  const other = backlog("p", [shellItem("a"), shellItem("b")]);
  expect((await importBacklog(again(operator, "old"), other)).created).toBe(1);
  const replay = again(operator, "old");
  expect((await importBacklog(replay, other)).created).toBe(1);
  expect(replay.replayed).toBe(true);
});

/** As a client does it: told that the first is still running, it asks again. */
async function untilAnswered<T>(work: () => Promise<T>): Promise<{ value: T } | { code: string }> {
  for (;;) {
    try {
      return { value: await work() };
    } catch (error) {
      if (!NofxError.is(error)) throw error;
      if (error.code !== "idempotency_in_flight") return { code: error.code };
      await turn();
    }
  }
}

test("a thousand at once under one key: one step; with another body all are refused; another tenant has its own", async () => {
  const prepare = async (pack: string, operator: MemberContext) => {
    await importBacklog(again(operator), backlog(pack, [shellItem("only")]));
    return (await createPlan(again(operator), { pack })).id;
  };
  const operator = await (await t.tenant()).as("operator");
  const [planId, otherPlan] = [await prepare("p", operator), await prepare("q", operator)];
  const neighbour = await (await t.tenant()).as("operator");
  const theirs = await prepare("p", neighbour);
  // a second process of the web server
  const plane = createPlane(
    {
      DATABASE_URL: t.database.url("nofx_web"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
    },
    { applicationName: "second" },
  );
  // without connections that stand already the first would be done before the second begins
  for (const { pool } of [t.plane, plane]) {
    const open = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
    for (const client of open) client.release();
  }
  try {
    const ask = (who: MemberContext, i: number, plan: string) =>
      untilAnswered(() =>
        executePlan(again(i % 2 === 0 ? who : { ...who, plane }, "one"), { planId: plan }),
      );
    const thousand = Array.from({ length: 1_000 }, (_, i) => i);
    const answers = await Promise.all([
      ...thousand.map((i) => ask(operator, i, planId)),
      ask(neighbour, 0, theirs),
    ]);
    const runs = answers.map((answer) => ("value" in answer ? answer.value.runId : answer.code));
    expect(new Set(runs.slice(0, 1_000)).size).toBe(1);
    expect(runs[0]).toMatch(/^run_/);
    expect(runs[1_000]).toMatch(/^run_/);
    expect(runs[1_000]).not.toBe(runs[0]);
    const refused = await Promise.all(thousand.map((i) => ask(operator, i, otherPlan)));
    expect(refused.every((one) => "code" in one && one.code === "idempotency_key_reused")).toBe(
      true,
    );
    const { rows } = await t.owner.query(
      "select tenant_id, count(*)::int as steps from steps where tenant_id = any ($1) group by 1",
      [[operator.tenantId, neighbour.tenantId]],
    );
    expect(rows.map((row) => row.steps)).toEqual([1, 1]);
  } finally {
    await plane.close();
  }
});
