import { afterAll, beforeAll, expect, test } from "vitest";
import {
  archive,
  deleteHistory,
  filesGone,
  filesToRemove,
  pruneEvents,
  auditSealed,
} from "@nofx/db/leases";
import { seedRun, type SeededRun } from "@nofx/db/testing";
import { done } from "../engine/harness.ts";
import { setPolicy, startHistory, type History } from "./harness.ts";

let history: History;
beforeAll(async () => {
  history = await startHistory();
});
afterAll(() => history[Symbol.asyncDispose]());

const archived = async (run: { id: string }) =>
  (await history.owner.query("select archived from runs_all where id = $1", [run.id])).rows.map(
    (row) => row.archived,
  );
const ask = (text: string, ...values: unknown[]) => history.owner.query(text, values);
const LETTER = `insert into dead_letters (tenant_id, run_id, step_id, stage, reason, status, error, payload, history, correlation_id,
  failures, crashes, redrive_run) values ($1, $2, $3, 'execute', 'deadline', $4, '{}', '{}', '[]', gen_random_uuid(), 0, 0, $5)`;
const QUESTION = `insert into approvals (tenant_id, subject, run_id, step_id, title, question, why, arguments, arguments_digest, requested_by_type,
  requested_by, requested_by_name, expires_at, correlation_id)
  values ($1, 'step', $2, $3, '?', '?', '', '{}', '', 'system', 't', 't', clock_timestamp() + interval '1 hour', gen_random_uuid())`;

/** What keeps a finished run live, and what lets it go. */
const PINS: Record<
  string,
  { pin(run: SeededRun): Promise<unknown>; free(run: SeededRun): Promise<unknown> }
> = {
  "an open dead letter of it": {
    pin: (run) => ask(LETTER, run.tenantId, run.id, run.steps["a"], "new", null),
    free: (run) => ask("update dead_letters set status = 'discarded' where run_id = $1", run.id),
  },
  "a letter that it tries again": {
    async pin(run) {
      const other = await history.ended(run.tenantId);
      await ask(LETTER, run.tenantId, other.id, other.steps["a"], "redriving", run.id);
    },
    free: (run) =>
      ask("update dead_letters set status = 'resolved' where redrive_run = $1", run.id),
  },
  "an effect that is still to be undone": {
    pin: (run) =>
      ask(
        "update runs set compensation = 'failed', outcome = 'failed', status = 'failed' where id = $1",
        run.id,
      ),
    free: (run) => ask("update runs set compensation = 'done' where id = $1", run.id),
  },
  "a question about it": {
    pin: (run) => ask(QUESTION, run.tenantId, run.id, run.steps["a"]),
    free: (run) =>
      ask(
        "update approvals set status = 'cancelled', decided_at = clock_timestamp() where run_id = $1",
        run.id,
      ),
  },
  "a wait of one of its steps": {
    pin: (run) =>
      ask(
        `insert into waits (tenant_id, run_id, step_id, name, option, position, kind, topic) values ($1, $2, $3, 'w', 'o', 0, 'event', 't')`,
        run.tenantId,
        run.id,
        run.steps["a"],
      ),
    free: (run) =>
      ask(
        "update waits set status = 'cancelled', ended_at = clock_timestamp() where run_id = $1",
        run.id,
      ),
  },
  "an event of it without a number": {
    pin: (run) =>
      ask(
        `insert into events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
         values ($1, 'step.logged', gen_random_uuid(), 'system', 't', $2, '{}')`,
        run.tenantId,
        run.id,
      ),
    free: () => history.sealAll(),
  },
  "a run that was forked from it and still goes": {
    async pin(run) {
      const fork = await seedRun(history.owner, run.tenantId, [{ name: "a" }]);
      await ask("update runs set forked_from = $2 where id = $1", fork.id, run.id);
    },
    async free() {
      await history.settle((await history.claim()).map((step) => done(step)));
      await history.sealAll();
    },
  },
  "a fork of its fork that is too young": {
    async pin(run) {
      const fork = await history.ended(run.tenantId);
      const second = await history.ended(run.tenantId);
      await ask("update runs set forked_from = $2 where id = $1", fork.id, run.id);
      await ask(
        "update runs set forked_from = $2, finished_at = 'infinity' where id = $1",
        second.id,
        fork.id,
      );
    },
    free: (run) =>
      ask("update runs set finished_at = created_at where tenant_id = $1", run.tenantId),
  },
};

test.each(Object.entries(PINS))("stays live: %s", async (_, { pin, free }) => {
  const tenant = await history.tenant();
  const run = await history.ended(tenant);
  await pin(run);
  await archive(history.worker, 100);
  expect(await archived(run)).toEqual([false]);
  await free(run);
  await archive(history.worker, 100);
  expect(await archived(run)).toEqual([true]);
});

test("a family moves together, comes back together, and is deleted together", async () => {
  const tenant = await history.tenant();
  const [root, fork, second] = [
    await history.ended(tenant),
    await history.ended(tenant),
    await history.ended(tenant),
  ];
  await ask("update runs set forked_from = $2 where id = $1", fork.id, root.id);
  await ask("update runs set forked_from = $2 where id = $1", second.id, fork.id);
  expect(await archive(history.worker, 1)).toMatchObject({ runs: 3 });
  expect(await history.restore(fork)).toBe(true);
  for (const run of [root, fork, second]) expect(await archived(run)).toEqual([false]);
  expect(await archive(history.worker, 1)).toMatchObject({ runs: 3 });
  const age = "update runs_history set finished_at = finished_at - interval '3 days' where id = $1";
  await setPolicy(history.owner, tenant, { archive_after_seconds: 0, delete_after_days: 2 });
  await ask(age, root.id);
  expect(await deleteHistory(history.worker, 100)).toEqual({ runs: 0, files: 0 });
  await ask(age, fork.id);
  await ask(age, second.id);
  expect(await deleteHistory(history.worker, 1)).toEqual({ runs: 3, files: 0 });
  for (const run of [root, fork, second]) expect(await archived(run)).toEqual([]);
});

test("what is deleted leaves nothing but the list of its files, which stays until storage has removed them", async () => {
  const tenant = await history.tenant();
  const run = await history.ended(tenant);
  await ask(LETTER, tenant, run.id, run.steps["a"], "resolved", null);
  await ask(QUESTION, tenant, run.id, run.steps["b"]);
  await ask(
    "update approvals set status = 'approved', decided_at = clock_timestamp() where run_id = $1",
    run.id,
  );
  await ask(
    `insert into tool_runs (tenant_id, run_id, step_id, epoch, name, tool, tool_version, arguments_digest, agent_id)
     values ($1, $2, $3, 1, 'n', 't', '1', 'd', 'a')`,
    tenant,
    run.id,
    run.steps["a"],
  );
  const path = `${tenant}/${run.id}/file`;
  await ask(
    `insert into artifacts (tenant_id, run_id, step_id, epoch, name, content_type, size, sha256, path)
     values ($1, $2, $3, 1, 'f', 't', 1, repeat('0', 64), $4)`,
    tenant,
    run.id,
    run.steps["a"],
    path,
  );
  await archive(history.worker, 100);
  // a letter stays with people, and finds its run
  expect((await ask("select from dead_letters where run_id = $1", run.id)).rows).toHaveLength(1);
  await setPolicy(history.owner, tenant, { archive_after_seconds: 0, delete_after_days: 1 });
  await ask(
    "update runs_history set finished_at = finished_at - interval '2 days' where id = $1",
    run.id,
  );
  expect(await deleteHistory(history.worker, 100)).toEqual({ runs: 1, files: 1 });
  expect(await history.rows(run)).toEqual({ live: {}, past: {} });
  for (const table of ["dead_letters", "approvals", "tool_runs"]) {
    expect((await ask(`select from ${table} where run_id = $1`, run.id)).rows).toEqual([]);
  }

  const due = () => filesToRemove(history.worker, 10);
  expect(await due()).toEqual([{ tenant_id: tenant, path }]);
  expect(await due()).toEqual([]);
  // whoever had it died
  await ask("update storage_deletions set next_at = clock_timestamp()");
  expect(await due()).toEqual([{ tenant_id: tenant, path }]);
  await filesGone(history.worker, [path]);
  await ask("update storage_deletions set next_at = clock_timestamp()");
  expect(await due()).toEqual([]);
});

test("events go when they are old, vouched for, and told to every webhook; their numbers stay", async () => {
  const tenant = await history.tenant({ archive_after_seconds: null, events_after_days: 1 });
  await history.ended(tenant);
  const seqs = async () =>
    (await ask("select seq from events where tenant_id = $1 order by seq", tenant)).rows.map(
      (row) => Number(row.seq),
    );
  const all = await seqs();
  const last = all.at(-1)!;
  const age = (from: number, to: number) =>
    ask(
      "update events set at = at - interval '2 days' where tenant_id = $1 and seq between $2 and $3",
      tenant,
      from,
      to,
    );
  expect(await pruneEvents(history.worker, 100)).toBe(0);
  await age(1, last - 2);
  await age(last, last);
  // nobody has vouched for them
  expect(await pruneEvents(history.worker, 100)).toBe(0);
  await auditSealed(history.worker);
  const { rows } = await ask(
    "insert into webhooks (tenant_id, url, created_by) values ($1, 'https://x.test', gen_random_uuid()) returning id",
    tenant,
  );
  await ask(
    "insert into webhook_cursors (webhook_id, tenant_id, seq) values ($1, $2, 2)",
    rows[0]!.id,
    tenant,
  );
  expect(await pruneEvents(history.worker, 1)).toBe(1);
  expect(await pruneEvents(history.worker, 100)).toBe(1);
  expect(await seqs()).toEqual(all.slice(2));
  await ask("update webhook_cursors set seq = $2 where tenant_id = $1", tenant, last);
  // one that is younger holds what comes after it
  expect(await pruneEvents(history.worker, 100)).toBe(last - 4);
  expect(await seqs()).toEqual([last - 1, last]);
  expect(
    (await ask("select pruned_seq from event_heads where tenant_id = $1", tenant)).rows,
  ).toEqual([{ pruned_seq: last - 2 }]);
});
