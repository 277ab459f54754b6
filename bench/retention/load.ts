import { withClient } from "@nofx/db/testing";

/** Rows of one statement: about a hundred megabytes of WAL. */
const CHUNK = 100_000;

/** What runs among the tasks of a database that has been in use. */
const LIVE = { finished: 20_000, held: 5_000, later: 5_000, tenants: 100 };

/** Ids that sort in the order of their numbers, as the engine's do; the first digit says of which table. */
const uuid = (table: number, n: string) =>
  `overlay(lpad(to_hex((${n})::bigint), 32, '0') placing '${table}' from 1 for 1)::uuid`;

/** Fills the history as so many finished tasks would have left it, of a hundred tenants, and a live set beside it. */
export async function load(
  adminUrl: string,
  steps: number,
  onProgress: (done: number) => void,
): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query("set synchronous_commit = off");
    await client.query(
      `insert into public.tenants (id, slug, name)
       select ${uuid(1, "n")}, 'bench-' || n, 'bench' from generate_series(1, ${LIVE.tenants}) n`,
    );
    for (let from = 0; from < steps; from += CHUNK) {
      const to = Math.min(steps, from + CHUNK) - 1;
      await client.query(tasks("_history", from, to, "succeeded"));
      onProgress(to + 1);
    }
    let at = steps;
    const next = (count: number): [number, number] => [at, (at += count) - 1];
    await client.query(tasks("", ...next(LIVE.finished), "succeeded"));
    await client.query(tasks("", ...next(LIVE.held), "held"));
    await client.query(tasks("", ...next(LIVE.later), "later"));
    await client.query(
      `insert into public.events (tenant_id, seq, type, correlation_id, actor_type, actor_id, payload)
       select ${uuid(1, `1 + n % ${LIVE.tenants}`)}, 1 + n / ${LIVE.tenants}, 'steps.settled', ${uuid(4, "n")}, 'worker', 'bench', '{"steps": []}'
       from generate_series(0, ${Math.floor(steps / 20)}) n`,
    );
  });
  await withClient(adminUrl, async (client) => {
    await client.query("vacuum (analyze)");
    await client.query("checkpoint");
  });
}

function tasks(
  suffix: "" | "_history",
  from: number,
  to: number,
  as: "succeeded" | "held" | "later",
): string {
  const done = as === "succeeded";
  const tenant = uuid(1, `1 + n % ${LIVE.tenants}`);
  const at = (ago: number) =>
    `clock_timestamp() - interval '${ago} seconds' - make_interval(secs => (${to} - n) * 0.01)`;
  const handler = suffix === "" ? "" : ", handler";
  return `
    with numbers as materialized (select n from generate_series(${from}, ${to}) n),
    made as (
      insert into public.runs${suffix} (id, tenant_id, title, status, compensation, compensate, undo_order, steps_failed, step_count, steps_left,
        correlation_id, created_by_type, created_by, created_at, started_at, finished_at)
      select ${uuid(2, "n")}, ${tenant}, 'PUT https://bench.example/', '${done ? "succeeded" : "queued"}', 'none', true, 'completion', 0, 1, ${done ? 0 : 1},
        ${uuid(4, "n")}, 'member', 'bench', ${at(3)}, ${done ? at(2) : "null"}, ${done ? at(1) : "null"}
      from numbers
    ),
    tried as (
      insert into public.attempts${suffix} (step_id, epoch, tenant_id, run_id, executor, claimed_at, started_at, finished_at, outcome, worker_version)
      select ${uuid(3, "n")}, 1, ${tenant}, ${uuid(2, "n")}, 'bench', ${at(2)}, ${at(2)}, ${at(1)}, 'succeeded', '1.0.0'
      from numbers where ${done}
    )
    insert into public.steps${suffix} (id, tenant_id, run_id, name, title, kind, kind_version${handler}, executor, queue, priority, position, arguments, token,
      sensitive, pivot, status, holds, deps_left, run_at, epoch, failures, crashes, max_failures, max_crashes, deadline_ms, children_left,
      output, correlation_id, created_at, started_at, finalised_at)
    select ${uuid(3, "n")}, ${tenant}, ${uuid(2, "n")}, 'task', 'PUT https://bench.example/', 'http', 1${suffix === "" ? "" : ", 'http@1'"}, 'worker', 'default', 3, 0,
      jsonb_build_object('method', 'PUT', 'url', 'https://bench.example/', 'body', jsonb_build_object('json', jsonb_build_object('i', n))), n::text,
      false, false, '${done ? "succeeded" : "queued"}', ${as === "held" ? 128 : 0}, 0,
      ${as === "later" ? "clock_timestamp() + interval '1 day'" : at(3)}, ${done ? 1 : 0}, 0, 0, 3, 3, 86400000, 0,
      ${done ? "'{}'" : "null"}, ${uuid(4, "n")}, ${at(3)}, ${done ? at(2) : "null"}, ${done ? at(1) : "null"}
    from numbers`;
}
