import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface RunRecord {
  id: string;
  plan_id: string;
  plan_version: number;
  pack: string;
  title: string;
  status: string;
  compensation: string;
  workspace: string | null;
  step_count: number;
  steps_left: number;
  steps_failed: number;
  pending_approvals: number;
  correlation_id: string;
  created_at: Date;
  /** To the microsecond, for the cursor: a Date has milliseconds, and would skip rows. */
  created_key: string;
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
}

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<RunRecord[]> {
  const { rows } = await sql<RunRecord>`
    select r.id, r.plan_id, p.version as plan_version, k.name as pack, p.title, r.status, r.compensation, r.workspace, r.step_count,
           r.steps_left, r.steps_failed, r.correlation_id, r.created_at, r.created_at::text as created_key, r.started_at, r.finished_at,
           r.paused_at, r.cancel_requested_at, r.outcome, r.compensate, r.undo_order, r.forked_from, r.redrive_of, r.workspace_run,
           (select count(*)::integer from dead_letters l
            where l.run_id = r.id and l.status in ('new', 'triaged', 'redriving')) as open_dead_letters,
           (select count(*)::integer from approvals a where a.run_id = r.id and a.status = 'pending') as pending_approvals,
           coalesce((select m.name from members m where m.tenant_id = r.tenant_id and m.user_id::text = r.created_by), r.created_by) as created_by
    from runs r join plans p on p.id = r.plan_id join packs k on k.id = p.pack_id
    ${rest}
  `.execute(db);
  return rows;
}

/** The tenant's runs, newest first. */
export async function listRuns(
  db: Executor,
  filter: {
    tenantId: string;
    status?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const before = decodeCursor(filter.cursor);
  const rows = await select(
    db,
    sql`where r.tenant_id = ${filter.tenantId}::uuid
      and (${filter.status ?? null}::text is null or r.status = ${filter.status ?? null})
      and (${before === undefined}::boolean or (r.created_at, r.id) < (${before?.[0] ?? null}::timestamptz, ${before?.[1] ?? null}::uuid))
      order by r.created_at desc, r.id desc limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.created_key, row.id]);
}

export async function findRun(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<RunRecord | undefined> {
  const rows = await select(db, sql`where r.tenant_id = ${tenantId}::uuid and r.id = ${id}::uuid`);
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
