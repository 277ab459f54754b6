import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendEvent } from "@nofx/control/events";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { answerWait, listWaits, sendMessage } from "@nofx/control/waits";
import { toId } from "@nofx/core/vocabulary";
import { createDatabase, createPool } from "@nofx/db/client";
import { wait, type WaitOption } from "@nofx/db/leases";
import { seedRun } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { refusal } from "../fixtures.ts";

let t: TestPlane;
let pool: Pool;
beforeAll(async () => {
  t = await createTestPlane();
  pool = createPool({ connectionString: t.database.url("nofx_worker"), applicationName: "worker" });
});
afterAll(async () => {
  await pool.end();
  await t[Symbol.asyncDispose]();
});

/** A step that waits for these, in a tenant of its own. */
async function waiting(options: WaitOption[]) {
  const tenant = await t.tenant();
  const run = await seedRun(t.owner, tenant.id, [{ name: "a" }]);
  const id = run.steps["a"]!;
  const db = createDatabase<DB>(pool);
  await sql`update steps set queue = 'other' where status = 'queued' and id <> ${id}::uuid`.execute(
    createDatabase<DB>(t.owner),
  );
  await pool.query(
    "select engine.claim('w1', 'worker', array['shell@1'], null, '{}', 1, 30000, null)",
  );
  await wait(db, { stepId: id, epoch: 1, tenantId: null }, "w", options);
  const holds = async () =>
    (await t.owner.query("select holds from steps where id = $1", [id])).rows[0].holds;
  return { tenant, run, id, holds, operator: await tenant.as("operator") };
}

const colour: WaitOption = {
  option: "colour",
  kind: "person",
  question: { title: "Paint", question: "Which colour?", choices: ["red", "blue"] },
};
const told: WaitOption = { option: "told", kind: "event", topic: "paid", key: "k" };
const mail: WaitOption = { option: "mail", kind: "message", topic: "inbox" };

test("what waits is listed by run and kind; what is met no longer", async () => {
  const { operator, run, tenant } = await waiting([colour, told]);
  const { items } = await listWaits(operator, {});
  expect(items).toMatchObject([
    { kind: "event", topic: "paid", key: "k", status: "open", canAnswer: false },
    { kind: "person", stepName: "a", question: { choices: ["red", "blue"] }, canAnswer: true },
  ]);
  const runId = toId("run", run.id);
  expect((await listWaits(operator, { runId, kind: "person" })).items).toHaveLength(1);
  expect((await listWaits(operator, { runId: toId("run", randomUUID()) })).items).toEqual([]);
  expect((await listWaits(await tenant.as("viewer"), {})).items).toMatchObject([
    {},
    { canAnswer: false },
  ]);
  await sendEvent(again(operator), { name: "paid", key: "k" });
  expect((await listWaits(operator, {})).items).toEqual([]);
  expect((await listWaits(operator, { status: "all" })).items).toMatchObject([
    { status: "met" },
    { status: "lost" },
  ]);
});

test("an operator answers once, by one of the choices; it is audited", async () => {
  const { operator, tenant, holds } = await waiting([colour]);
  const [question] = (await listWaits(operator, {})).items;
  const answer = (value: unknown, as = again(operator)) =>
    answerWait(as, { waitId: question!.id, answer: value });
  expect(await refusal(answer("green"))).toMatchObject({ code: "invalid_input" });
  expect(await refusal(answer("red", await tenant.as("viewer")))).toMatchObject({
    code: "forbidden",
  });
  expect(await holds()).toBe(128);
  const key = again(operator);
  expect(await answer("red", key)).toMatchObject({ status: "met", canAnswer: false });
  expect(await answer("red", again(key, key.idempotencyKey))).toMatchObject({ status: "met" });
  expect(await refusal(answer("blue"))).toMatchObject({ code: "conflict" });
  expect(await holds()).toBe(0);
  const { rows } = await t.owner.query(
    "select verb from audit_log where tenant_id = $1 and verb = 'wait.answered'",
    [tenant.id],
  );
  expect(rows).toHaveLength(1);
});

test("two people answer at once: one is taken, the other is told", async () => {
  const { operator, tenant } = await waiting([colour]);
  const [question] = (await listWaits(operator, {})).items;
  const people = [operator, await tenant.as("operator"), await tenant.as("supervisor")];
  const ends = await Promise.allSettled(
    people.map((one) => answerWait(again(one), { waitId: question!.id, answer: "red" })),
  );
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("an event that is sent again under its key is one; it wakes whoever waits for it", async () => {
  const { operator, holds, tenant } = await waiting([told]);
  const event = { name: "paid", key: "k", payload: { cents: 5 } };
  const first = await sendEvent(operator, event);
  expect(first).toMatchObject({ waiting: 1 });
  expect(await sendEvent(again(operator, operator.idempotencyKey), event)).toEqual(first);
  expect(await holds()).toBe(0);
  const { rows } = await t.owner.query(
    "select payload, sent_by from external_events where tenant_id = $1",
    [tenant.id],
  );
  expect(rows).toEqual([{ payload: { cents: 5 }, sent_by: operator.actor.id }]);
  const elsewhere = { ...event, runId: toId("run", randomUUID()) };
  expect(await refusal(sendEvent(again(operator), elsewhere))).toMatchObject({ code: "not_found" });
  expect(await refusal(sendEvent(await tenant.as("viewer"), event))).toMatchObject({
    code: "forbidden",
  });
});

test("a message from people reaches the step, and is refused once it has ended", async () => {
  const { operator, holds, id } = await waiting([mail]);
  const stepId = toId("step", id);
  expect(await sendMessage(operator, { stepId, channel: "inbox", payload: "hi" })).toMatchObject({
    messageId: expect.stringMatching(/^msg_/),
  });
  expect(await holds()).toBe(0);
  const stranger = await (await t.tenant()).as("operator");
  expect(await refusal(sendMessage(stranger, { stepId, payload: 1 }))).toMatchObject({
    code: "not_found",
  });
  await t.owner.query(
    "update steps set status = 'succeeded', finalised_at = clock_timestamp() where id = $1",
    [id],
  );
  expect(await refusal(sendMessage(again(operator), { stepId, payload: 1 }))).toMatchObject({
    code: "conflict",
  });
});
