import { importBacklog } from "@nofx/control/backlog";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
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
