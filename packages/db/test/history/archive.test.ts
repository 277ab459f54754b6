import { afterAll, beforeAll, expect, test } from "vitest";
import { appendLogs, archive, beginArtifact, checkpoint } from "@nofx/db/leases";
import { done } from "../engine/harness.ts";
import { seedRun } from "@nofx/db/testing";
import { setPolicy, startHistory, type History } from "./harness.ts";

let history: History;
beforeAll(async () => {
  history = await startHistory();
});
afterAll(() => history[Symbol.asyncDispose]());

/** A run that has a row in every table that moves. */
async function fullRun(tenantId: string) {
  const { owner, worker } = history;
  const run = await seedRun(owner, tenantId, [
    { name: "a", undo: { kind: "shell", with: {} } },
    { name: "b", needs: ["a"] },
  ]);
  for (const name of ["a", "b"]) {
    const [step] = await history.claim("w1", 1);
    const claim = { stepId: step!.id, epoch: step!.epoch, tenantId: null };
    await checkpoint(worker, claim, "half", { at: name });
    await appendLogs(worker, claim, [
      { seq: 0, at: "2026-01-01T00:00:00Z", stream: "stdout", text: name },
    ]);
    const file = { name: "out", contentType: "text/plain", size: 1, sha256: "0".repeat(64) };
    await beginArtifact(worker, claim, file);
    await history.settle([done(step!)]);
  }
  await owner.query(
    `insert into waits (tenant_id, run_id, step_id, name, option, position, kind, topic, status, ended_at)
     values ($1, $2, $3, 'w', 'o', 0, 'event', 't', 'met', clock_timestamp())`,
    [tenantId, run.id, run.steps["a"]],
  );
  await owner.query(
    `insert into agent_messages (tenant_id, run_id, step_id, type, correlation_id, payload)
     values ($1, $2, $3, 'message.sent', gen_random_uuid(), '{}')`,
    [tenantId, run.id, run.steps["a"]],
  );
  await owner.query(
    `insert into external_events (tenant_id, name, run_id, payload, sent_by_type, sent_by)
     values ($1, 'n', $2, '{}', 'system', 'test')`,
    [tenantId, run.id],
  );
  await history.sealAll();
  return run;
}

test("history has the columns of the live tables, and the views show them all", async () => {
  const { rows } = await history.owner.query<{ name: string; what: string; columns: string }>(`
    select h.name, w.what, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attname) as columns
    from engine.history_tables() h
    cross join (values ('', 'live'), ('_history', 'past'), ('_all', 'all')) as w (suffix, what)
    join pg_attribute a on a.attrelid = to_regclass('public.' || h.name || w.suffix) and a.attnum > 0 and not a.attisdropped
    where a.attname <> 'archived'
    group by h.name, w.what`);
  const live = rows.filter(({ what }) => what === "live");
  expect(live.length).toBe(15);
  for (const { name, columns } of live) {
    const others = rows.filter((row) => row.name === name && row.what !== "live");
    expect(others.length).toBeGreaterThan(0);
    for (const other of others) {
      // whoever adds a column ends the migration with: select engine.mirror_history();
      expect([name, other.what, other.columns]).toEqual([name, other.what, columns]);
    }
  }
});

test("a new column of a live table is mirrored with its default, and read by the view", async () => {
  const client = await history.owner.connect();
  try {
    await client.query("begin");
    await client.query("alter table runs add column colour text not null default 'blue'");
    await client.query("select engine.mirror_history()");
    const { rows } = await client.query(
      `select attname, attnotnull from pg_attribute where attrelid = 'runs_history'::regclass and attname = 'colour'`,
    );
    expect(rows).toEqual([{ attname: "colour", attnotnull: true }]);
    await client.query("select colour from runs_all limit 1");
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("a finished run moves whole, and comes back as it was", async () => {
  const tenant = await history.tenant();
  const run = await fullRun(tenant);
  const before = await history.rows(run);
  expect(before.past).toEqual({});
  expect(Object.keys(before.live)).toHaveLength(11);
  const content = await history.content(run);

  expect(await archive(history.worker, 100)).toMatchObject({ runs: 1, steps: 2 });
  expect(await history.rows(run)).toEqual({ live: {}, past: before.live });
  expect(await history.content(run)).toEqual(content);
  const { rows } = await history.owner.query(
    "select archived, status from runs_all where id = $1",
    [run.id],
  );
  expect(rows).toEqual([{ archived: true, status: "succeeded" }]);

  expect(await history.restore(run)).toBe(true);
  expect(await history.rows(run)).toEqual(before);
  expect(await history.content(run)).toEqual(content);
  expect(await history.restore(run)).toBe(false);
  expect(await archive(history.worker, 100)).toMatchObject({ runs: 1 });
});

test("only what the policy says: not too young, not of a tenant that keeps all, oldest first", async () => {
  const [at_once, never, later] = [
    await history.tenant(),
    await history.tenant({ archive_after_seconds: null }),
    await history.tenant({ archive_after_seconds: 3_600 }),
  ];
  const young = await history.ended(later);
  const kept = await history.ended(never);
  const first = await history.ended(at_once);
  const second = await history.ended(at_once);
  const going = await seedRun(history.owner, at_once, [{ name: "a" }]);
  await history.owner.query(
    "update runs set finished_at = finished_at - interval '1 year' where id = any ($1)",
    [[kept.id]],
  );
  const place = async (run: { id: string }) =>
    (await history.owner.query("select archived from runs_all where id = $1", [run.id])).rows;
  expect(await archive(history.worker, 1)).toMatchObject({ runs: 1 });
  expect(await place(first)).toEqual([{ archived: true }]);
  expect(await place(second)).toEqual([{ archived: false }]);
  expect(await archive(history.worker, 100)).toMatchObject({ runs: 1 });
  expect(await archive(history.worker, 100)).toEqual({ runs: 0, steps: 0, lag_seconds: 0 });
  for (const run of [young, kept, going]) expect(await place(run)).toEqual([{ archived: false }]);

  await setPolicy(history.owner, later, { archive_after_seconds: 0 });
  await history.owner.query(
    "update runs set finished_at = finished_at - interval '90 s' where id = $1",
    [young.id],
  );
  const moved = await archive(history.worker, 100);
  expect(moved.runs).toBe(1);
  expect(moved.lag_seconds).toBeGreaterThan(89);
  await history.settle((await history.claim()).map((step) => done(step)));
});

test("a key that was given again meanwhile stays with the newer task", async () => {
  const tenant = await history.tenant();
  const run = await history.ended(tenant);
  const { owner } = history;
  await owner.query("update runs set task_key = 'k' where id = $1", [run.id]);
  await archive(history.worker, 100);
  const newer = await seedRun(owner, tenant, [{ name: "a" }]);
  await owner.query("update runs set task_key = 'k' where id = $1", [newer.id]);
  expect(await history.restore(run)).toBe(true);
  const { rows } = await owner.query("select id, task_key from runs where tenant_id = $1", [
    tenant,
  ]);
  expect(new Map(rows.map((row) => [row.id, row.task_key]))).toEqual(
    new Map([
      [run.id, null],
      [newer.id, "k"],
    ]),
  );
  await history.settle((await history.claim()).map((step) => done(step)));
});

test("lists over both are a merge of two index scans: nothing is sorted", async () => {
  const tenant = await history.tenant();
  const client = await history.owner.connect();
  const plan = async (text: string, value: unknown) => {
    const { rows } = await client.query(`explain (costs off) ${text}`, [value]);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  };
  try {
    // small tables are read whole otherwise
    await client.query("set enable_seqscan = off; set enable_bitmapscan = off");
    const list =
      "select r.id, r.archived from runs_all r left join plans p on p.id = r.plan_id where r.tenant_id = $1";
    const newest = "order by r.id desc limit 51";
    for (const [text, live, past] of [
      [`${list} ${newest}`, "runs_list", "runs_history_list"],
      [`${list} and r.plan_id is not null ${newest}`, "runs_of_plans", "runs_history_of_plans"],
      [`${list} and r.status = 'failed' ${newest}`, "runs_bad", "runs_history_bad"],
      [
        "select r.id from runs_all r where r.plan_id = $1 order by r.id desc limit 1",
        "runs_plan",
        "runs_history_plan",
      ],
      [
        "select s.run_id from steps_all s where s.plan_step_id = $1 order by s.id desc limit 1",
        "steps_of_plan_step",
        "steps_history_plan_step",
      ],
      [
        "select l.id from step_logs_all l where l.run_id = $1 order by l.id desc limit 100",
        "step_logs_run",
        "step_logs_history_run",
      ],
    ] as const) {
      const shown = await plan(text, tenant);
      expect(shown).toContain("Merge Append");
      expect(shown).toMatch(new RegExp(`using ${live} on`));
      expect(shown).toMatch(new RegExp(`using ${past} on`));
      expect(shown).not.toMatch(/\bSort\b(?! Key)/);
    }
  } finally {
    client.release(true);
  }
});
