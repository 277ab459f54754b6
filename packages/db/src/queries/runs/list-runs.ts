import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface RunRecord {
  id: string;
  /** Null of a task, with version and pack. */
  plan_id: string | null;
  plan_version: number | null;
  pack: string | null;
  title: string;
  task_key: string | null;
  /** Of a task. */
  queue: string | null;
  status: string;
  compensation: string;
  workspace: string | null;
  step_count: number;
  steps_left: number;
  steps_failed: number;
  pending_approvals: number;
  correlation_id: string;
  created_at: Date;
  created_by: string;
  started_at: Date | null;
  finished_at: Date | null;
  paused_at: Date | null;
  cancel_requested_at: Date | null;
  outcome: string | null;
  compensate: boolean;
  undo_order: string;
  forked_from: string | null;
  redrive_of: string | null;
  workspace_run: string | null;
  open_dead_letters: number;
  /** Moved to the history. */
  archived: boolean;
}

async function select(
  db: Executor,
  from: "runs" | "runs_all",
  rest: RawBuilder<unknown>,
): Promise<RunRecord[]> {
  const { rows } = await sql<RunRecord>`
    select r.id, r.plan_id, p.version as plan_version, k.name as pack, coalesce(r.title, p.title) as title, r.task_key,
           case when r.plan_id is null then (select s.queue from steps_all s where s.run_id = r.id and s.name = 'task') end as queue, r.status, r.compensation, r.workspace, r.step_count,
           r.steps_left, r.steps_failed, r.correlation_id, r.created_at, r.started_at, r.finished_at,
           r.paused_at, r.cancel_requested_at, r.outcome, r.compensate, r.undo_order, r.forked_from, r.redrive_of, r.workspace_run, ${from === "runs" ? sql`false` : sql`r.archived`} as archived,
           (select count(*)::integer from dead_letters l
            where l.run_id = r.id and l.status in ('new', 'triaged', 'redriving')) as open_dead_letters,
           (select count(*)::integer from approvals a where a.run_id = r.id and a.status = 'pending') as pending_approvals,
           coalesce((select m.name from members m where m.tenant_id = r.tenant_id and m.user_id::text = r.created_by), r.created_by) as created_by
    from ${sql.table(from)} r left join plans p on p.id = r.plan_id left join packs k on k.id = p.pack_id
    ${rest}
  `.execute(db);
  return rows;
}

/** As text of the statement: the runs of plans have an index of their own, because tasks may be a thousand times as many. */
const OF_TYPE = {
  plan: sql`and r.plan_id is not null`,
  task: sql`and r.plan_id is null`,
};

/** Statuses of what has not ended: none of it is archived. */
const OPEN = ["queued", "running"];

/** The tenant's runs, newest first: those of the history too. */
export async function listRuns(
  db: Executor,
  filter: {
    tenantId: string;
    status?: string | undefined;
    /** Runs of plans, or tasks. */
    type?: "plan" | "task" | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const before = decodeCursor(filter.cursor)?.at(-1) ?? null;
  const rows = await select(
    db,
    OPEN.includes(filter.status ?? "") ? "runs" : "runs_all",
    sql`where r.tenant_id = ${filter.tenantId}::uuid
      and (${filter.status ?? null}::text is null or r.status = ${filter.status ?? null})
      ${filter.type === undefined ? sql`` : OF_TYPE[filter.type]}
      and (${before}::uuid is null or r.id < ${before}::uuid)
      order by r.id desc limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

export async function findRun(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<RunRecord | undefined> {
  const rows = await select(
    db,
    "runs_all",
    sql`where r.tenant_id = ${tenantId}::uuid and r.id = ${id}::uuid`,
  );
  return rows[0];
}

/** The newest sealed event of the tenant: what a view was read at. */
export async function readHead(db: Executor, tenantId: string): Promise<number> {
  const row = await db
    .selectFrom("event_heads")
    .select("seq")
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  return row?.seq ?? 0;
}
