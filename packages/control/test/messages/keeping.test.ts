import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createDatabase, createPool } from "@nofx/db/client";
import { deleteHistory } from "@nofx/db/leases";
import { seedRun } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { toId } from "@nofx/core/vocabulary";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { boardPost, boardRead, messagesOfRun, post, sendToRun } from "../../src/messages/index.ts";
import { createMessageKeeper, liftLegalHold, placeLegalHold } from "../../src/redaction/index.ts";
import { again, createTestPlane, type TestPlane } from "../../src/testing/index.ts";
import { givenKeks } from "../../src/vault/keks.ts";
import { rotateKek } from "../../src/vault/rotate-kek.ts";

const POSTS = process.env["PROVE"] === "1" ? 100 : 10;

let t: TestPlane;
let worker: Kysely<DB>;
let pool: ReturnType<typeof createPool>;
beforeAll(async () => {
  t = await createTestPlane();
  pool = createPool({
    connectionString: t.database.url("nofx_worker"),
    applicationName: "worker",
    max: 8,
  });
  worker = createDatabase<DB>(pool);
});
afterAll(async () => {
  await pool.end();
  await t[Symbol.asyncDispose]();
});

const system = { type: "system", id: "test", name: "test" } as const;
const count = async (table: string, where: string, values: unknown[]) =>
  (await t.owner.query(`select count(*)::int as n from ${table} where ${where}`, values)).rows[0].n;

test(`of ${POSTS} that write a key of a board at once one does, and the others are told what stands there`, async () => {
  const { id: tenantId } = await t.tenant();
  const of = { tenantId, sessionId: randomUUID(), runId: randomUUID() };
  const write = (payload: unknown, more: { key?: string; expect?: number } = {}) =>
    boardPost(worker, t.plane, {
      ...of,
      payload,
      sender: system,
      correlationId: randomUUID(),
      ...more,
    });
  const all = await Promise.allSettled(
    Array.from({ length: POSTS }, (_, n) => write(n, { key: "winner", expect: 0 })),
  );
  const won = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(won).toHaveLength(1);
  const lost = all.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  for (const reason of lost) {
    expect(reason).toMatchObject({ code: "board_conflict", data: { key: "winner", seq: 1 } });
  }
  await write("a note");
  await write("better", { key: "winner", expect: 1 });
  await expect(write("late", { key: "winner", expect: 1 })).rejects.toMatchObject({
    data: { seq: 3 },
  });
  const { head, entries } = await boardRead(worker, t.plane, of);
  expect(head).toBe(3);
  expect(entries.map(({ seq, key, payload }) => [seq, key, payload])).toEqual([
    [2, null, "a note"],
    [3, "winner", "better"],
  ]);
  expect((await boardRead(worker, t.plane, { ...of, after: 2 })).entries).toHaveLength(1);
  // another session has a board of its own
  expect((await boardRead(worker, t.plane, { ...of, sessionId: randomUUID() })).head).toBe(0);
});

test("messages go by their class, and stay while they are held or may still be taken", async () => {
  const tenant = await t.tenant();
  const admin = await tenant.as("admin");
  const keeper = createMessageKeeper(worker, t.plane);
  const run = await seedRun(t.owner, tenant.id, [{ name: "a", kind: "agent" }]);
  const say = (kind: "transient" | "standard" | "audit", days: number, more: object = {}) =>
    post(worker, t.plane, {
      tenantId: tenant.id,
      to: { kind: "run", ofId: run.id, runId: run.id, channel: "c" },
      type: "message.sent",
      payload: `${kind} ${days}`,
      class: kind,
      sender: system,
      correlationId: randomUUID(),
      ...more,
    }).then(async ({ messageId }) => {
      await t.owner.query(
        "update agent_messages set at = clock_timestamp() - make_interval(days => $2) where id = $1",
        [messageId, days],
      );
      return messageId;
    });
  const mail = { to: { kind: "step", ofId: run.steps["a"]!, runId: run.id, channel: "mail" } };
  const held = await say("transient", 8);
  const hold = await placeLegalHold(admin, {
    messageId: toId("message", held),
    reason: "A court asks",
  });
  const kept = [
    held,
    await say("transient", 6),
    await say("standard", 89),
    await say("audit", 2_000),
    // nobody has taken it, and its step may
    await say("transient", 30, mail),
  ];
  const gone = [await say("transient", 8), await say("standard", 91), await say("audit", 2_600)];
  expect(await keeper.sweep(100)).toBe(3);
  const left = (ids: string[]) => count("agent_messages", "id = any ($1)", [ids]);
  expect([await left(kept), await left(gone)]).toEqual([5, 0]);
  expect(await count("content_keys", "id = any ($1)", [gone])).toBe(0);

  // the run goes, and with it what no class and no hold keeps
  await t.owner.query(
    "update runs set status = 'succeeded', finished_at = clock_timestamp() - interval '400 days' where id = $1",
    [run.id],
  );
  await t.owner.query(
    "update steps set status = 'succeeded', finalised_at = clock_timestamp() where run_id = $1",
    [run.id],
  );
  await t.owner.query("select engine.move_runs(array[$1::uuid], false)", [run.id]);
  expect(await deleteHistory(worker, 100)).toMatchObject({ runs: 1 });
  const { rows } = await t.owner.query(
    "select id from agent_messages_history where run_id = $1 order by at",
    [run.id],
  );
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([held, kept[3]]));
  expect(await count("content_keys", "id = any ($1)", [kept])).toBe(2);
  // of its conversations that alone stays in which something is kept
  const channels = async () =>
    (await t.owner.query("select channel from conversations where run_id = $1", [run.id])).rows;
  expect(await channels()).toEqual([{ channel: "c" }]);
  await liftLegalHold(again(admin), { holdId: hold.id });
  expect(await keeper.sweep(100)).toBe(1);
  expect(await count("agent_messages_history", "id = $1", [held])).toBe(0);
  expect(await channels()).toHaveLength(1);
  await t.owner.query(
    "update agent_messages_history set at = at - interval '20 years' where run_id = $1",
    [run.id],
  );
  expect(await keeper.sweep(100)).toBe(1);
  expect(await channels()).toEqual([]);
});

test("what a whole tenant holds is not looked through, and goes when the hold is lifted", async () => {
  const tenant = await t.tenant();
  const admin = await tenant.as("admin");
  const keeper = createMessageKeeper(worker, t.plane);
  const run = await seedRun(t.owner, tenant.id, [{ name: "a", kind: "agent" }]);
  await sendToRun(await tenant.as("operator"), {
    runId: toId("run", run.id),
    payload: { text: "old" },
  });
  await t.owner.query(
    "update agent_messages set at = clock_timestamp() - interval '20 years' where run_id = $1",
    [run.id],
  );
  const hold = await placeLegalHold(admin, { reason: "A court asks" });
  expect(await keeper.sweep(100)).toBe(0);
  await liftLegalHold(again(admin), { holdId: hold.id });
  expect(await keeper.sweep(100)).toBe(1);
});

test("a KEK wraps keys of content anew, and is not retired while one of them needs it", async () => {
  const tenant = await t.tenant();
  const [old, next] = ["a1", "a2"].map((kid) => ({
    kid,
    k: randomBytes(32).toString("base64url"),
  }));
  const keks = givenKeks([old!]);
  const both = givenKeks([old!, next!]);
  const run = await seedRun(t.owner, tenant.id, [{ name: "a", kind: "agent" }]);
  const operator = await tenant.as("operator");
  await t.owner.query("delete from app.keks");
  await t.owner.query("delete from content_keys where kek is not null");
  const by = { ...operator, plane: { ...t.plane, keks } };
  const runId = toId("run", run.id);
  await sendToRun(by, { runId, payload: { text: "hello" } });
  const retire = async (kid: string) =>
    (await t.owner.query("select app.retire_kek($1) as said", [kid])).rows[0].said;

  const rotated = await rotateKek(
    { db: t.plane.db, keks: both },
    { kid: "a2", by: { type: "member", id: "m" } },
  );
  expect(rotated).toMatchObject({ kid: "a2", rewrapped: 1, remaining: 0 });
  const anew = { ...again(operator), plane: { ...t.plane, keks: givenKeks([next!]) } };
  const { items } = await messagesOfRun(anew, { runId });
  expect(items[0]?.payload).toEqual({ text: "hello" });
  // who has not heard of it yet seals with the one before: it is used until it is retired
  await sendToRun({ ...again(by) }, { runId, payload: { text: "again" } });
  expect(await retire("a1")).toBe("in_use");
  await rotateKek({ db: t.plane.db, keks: both }, { kid: "a2", by: { type: "member", id: "m" } });
  expect(await retire("a1")).toBe("done");
  const late = sendToRun({ ...again(by) }, { runId, payload: { text: "late" } });
  await expect(late).rejects.toMatchObject({ code: "vault_locked" });
  await expect(messagesOfRun(again(by), { runId })).rejects.toMatchObject({ code: "vault_locked" });
});

test("the plain columns that are rewritten are there, and those that docs/redaction.md lists", async () => {
  const { rows } = await t.owner.query<{ name: string; columns: string[]; there: number }>(
    `select c.name, c.texts || c.jsons as columns, (
       select count(*)::int from information_schema.columns i
       where i.table_schema = 'public' and i.table_name = c.name and i.column_name = any (c.texts || c.jsons || c.key)) as there
     from engine.plain_columns() c`,
  );
  for (const { name, columns, there } of rows)
    expect([name, there]).toEqual([name, columns.length + 1]);
  const docs = readFileSync(join(import.meta.dirname, "../../../../docs/redaction.md"), "utf8");
  const listed = [...docs.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(
    ([, name = "", columns = ""]) => [
      name,
      [...(columns.split(", and ")[0] ?? "").matchAll(/`(\w+)`/g)]
        .map(([, one = ""]) => one)
        .toSorted(),
    ],
  );
  expect(new Map(listed as [string, string[]][])).toEqual(
    new Map(rows.map(({ name, columns }) => [name, columns.toSorted()])),
  );
});
