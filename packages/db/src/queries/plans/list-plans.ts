import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface PlanRecord {
  id: string;
  pack: string;
  pack_id: string;
  title: string;
  version: number;
  workspace: string | null;
  status: string;
  verdict: string;
  score: number;
  digest: string;
  step_count: number;
  created_at: Date;
  created_by: string;
  correlation_id: string;
  latest_run_id: string | null;
  latest_run_status: string | null;
  latest_run_paused_at: Date | null;
  /** From its first start to its end; null while it is not at its end. */
  latest_run_ms: number | null;
  pending_approvals: number;
  overridden: boolean;
  parent_id: string | null;
  makespan_seconds: number | null;
  lower_bound_seconds: number | null;
  resources: unknown;
  forecast: unknown;
}

const columns = sql`
  p.id, k.name as pack, p.pack_id, p.title, p.version, p.workspace, p.status, p.verdict, p.score, p.digest, p.step_count,
  p.created_at, p.correlation_id,
  coalesce((select m.name from members m where m.tenant_id = p.tenant_id and m.user_id::text = p.created_by), p.created_by) as created_by,
  r.id as latest_run_id, r.status as latest_run_status, r.paused_at as latest_run_paused_at,
  extract(epoch from r.finished_at - r.started_at)::double precision * 1000 as latest_run_ms,
  p.parent_id, p.makespan_seconds, p.lower_bound_seconds, p.resources, p.forecast,
  (select count(*)::integer from approvals a where a.plan_id = p.id and a.status = 'pending') as pending_approvals,
  exists (select from gate_overrides o where o.plan_id = p.id and o.status = 'active' and o.plan_digest = p.digest
    and o.expires_at > clock_timestamp()) as overridden`;

const source = sql`
  plans p
  join packs k on k.id = p.pack_id
  left join lateral (select r.id, r.status, r.started_at, r.finished_at, r.paused_at from runs_all r where r.plan_id = p.id order by r.id desc limit 1) r on true`;

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<PlanRecord[]> {
  const { rows } = await sql<PlanRecord>`select ${columns} from ${source} ${rest}`.execute(db);
  return rows;
}

/** The tenant's plans, newest first. */
export async function listPlans(
  db: Executor,
  filter: {
    tenantId: string;
    pack?: string | undefined;
    status?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const rows = await select(
    db,
    sql`where p.tenant_id = ${filter.tenantId}::uuid
      and (${filter.pack ?? null}::text is null or k.name = ${filter.pack ?? null})
      and (${filter.status ?? null}::text is null or p.status = ${filter.status ?? null})
      and (${before}::uuid is null or p.id < ${before}::uuid)
      order by p.id desc limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

export async function findPlan(
  db: Executor,
  tenantId: string,
  planId: string,
): Promise<PlanRecord | undefined> {
  const rows = await select(
    db,
    sql`where p.tenant_id = ${tenantId}::uuid and p.id = ${planId}::uuid`,
  );
  return rows[0];
}

/** The newest version of a pack's plan. */
export async function latestPlanVersion(db: Executor, packId: string) {
  return db
    .selectFrom("plans")
    .select(["id", "version"])
    .where("pack_id", "=", packId)
    .orderBy("version", "desc")
    .executeTakeFirst();
}

/** Every version of a pack's plan, newest first, at most 50. */
export async function listPlanVersions(db: Executor, packId: string) {
  return db
    .selectFrom("plans")
    .select(["id", "version", "status", "created_at"])
    .where("pack_id", "=", packId)
    .orderBy("version", "desc")
    .limit(50)
    .execute();
}
