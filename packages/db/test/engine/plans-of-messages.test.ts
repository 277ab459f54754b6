import { createPool } from "@nofx/db/client";
import { createTestDatabase, seedTenant, type TestDatabase } from "@nofx/db/testing";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PlanWatch } from "./watch-plans.ts";

// What a message costs may not grow with those that were sent before it.

const MESSAGES = 3_000;

let database: TestDatabase;
let owner: pg.Pool;
let plans: PlanWatch;
let tenantId: string;
let conversation: string;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({
    connectionString: database.url("postgres"),
    applicationName: "test",
    max: 1,
  });
  tenantId = (await seedTenant(owner)).id;
  const { rows } = await owner.query(
    `insert into conversations (tenant_id, kind, of_id, channel, seq) values ($1, 'tenant', $1, 'c', $2) returning id`,
    [tenantId, MESSAGES],
  );
  conversation = rows[0].id;
  await owner.query(
    `insert into agent_messages (tenant_id, channel, type, correlation_id, payload, sender_type, sender_id, sent_as, conversation_id,
       conversation_seq, redacted_at)
     select $1, 'c', 'message.sent', app.uuid7(), '1', 'agent', 'agent-' || n % 100, 'name-' || n, $2, n,
       case when n = 7 then clock_timestamp() end
     from generate_series(1, $3::integer) n`,
    [tenantId, conversation, MESSAGES],
  );
  await owner.query("vacuum analyze agent_messages");
  // the engine's login is asked for its plans in the name of those who read
  await owner.query("grant execute on function engine.move_cursor to nofx_worker");
  plans = new PlanWatch(database.adminUrl);
  await plans.start();
});
afterAll(async () => {
  await plans.end();
  await owner.end();
  await database.drop();
});

/** The most rows of messages that one statement looked at. */
async function looked(text: string, values: unknown[]): Promise<number> {
  const { nodes } = await plans.run(text, values);
  const ours = nodes.filter((node) => `${node.table}${node.index}`.startsWith("agent_messages"));
  return Math.max(0, ...ours.map(({ rows }) => rows));
}

const send = (more: object) =>
  looked("select engine.post_message($1, $2::jsonb) as value", [
    tenantId,
    JSON.stringify({
      kind: "tenant",
      of_id: tenantId,
      channel: "c",
      type: "message.sent",
      correlation_id: tenantId,
      payload: 1,
      sender_type: "agent",
      ...more,
    }),
  ]);

test("a message is looked for under its name by an index, also by the plan that is kept", async () => {
  for (let n = 0; n < 8; n++) {
    expect(await send({ sender_id: "agent-1", sent_as: `new-${n}` })).toBeLessThan(10);
    expect(await send({ sender_id: "agent-1" })).toBeLessThan(10);
  }
  expect(await send({ sender_id: "agent-1", sent_as: "name-1" })).toBeLessThan(10);
});

test("a reader is told of redactions without what it has read being read again", async () => {
  const move = (done: number) =>
    looked("select count(*) as value from engine.move_cursor($1, $2, 'r', $3)", [
      tenantId,
      conversation,
      done,
    ]);
  await move(MESSAGES);
  for (let n = 0; n < 7; n++) expect(await move(MESSAGES)).toBeLessThan(10);
});
