import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface ApprovalRecord {
  id: string;
  subject: string;
  status: string;
  title: string;
  question: string;
  why: string;
  arguments: Record<string, unknown>;
  arguments_digest: string;
  plan_id: string | null;
  plan_title: string | null;
  run_id: string | null;
  step_id: string | null;
  step_name: string | null;
  requested_by: string;
  requested_by_name: string;
  requester_user_id: string | null;
  requested_at: Date;
  expires_at: Date;
  decided_at: Date | null;
  decisions: { by: string; decision: string; reason: string | null; at: string }[];
  blocking: boolean;
  /** Pending past its time: the sweep has not come by yet, the database clock has. */
  overdue: boolean;
}

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<ApprovalRecord[]> {
  const { rows } = await sql<ApprovalRecord>`
    select a.id, a.subject, a.status, a.title, a.question, a.why, a.arguments, a.arguments_digest, coalesce(a.plan_id, r.plan_id) as plan_id,
           p.title as plan_title, a.run_id, a.step_id, coalesce(s.name, ps.name) as step_name, a.requested_by,
           coalesce(g.name, a.requested_by_name) as requested_by_name, a.requester_user_id, a.requested_at, a.expires_at, a.decided_at,
           coalesce((
             select jsonb_agg(jsonb_build_object('by', d.member_name, 'decision', d.decision, 'reason', d.reason,
               'at', to_char(d.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by d.at)
             from approval_decisions d where d.approval_id = a.id), '[]') as decisions,
           a.status = 'pending' and coalesce(case a.subject
             when 'plan' then p.status = 'ready'
             -- neither behind another step nor paused; it may wait for other things beside the answer
             else s.status = 'queued' and s.holds & 259 = 2 end, false) as blocking,
           a.status = 'pending' and a.expires_at <= clock_timestamp() as overdue
    from approvals a
    left join runs_all r on r.id = a.run_id
    left join plans p on p.id = coalesce(a.plan_id, r.plan_id)
    left join steps_all s on s.id = a.step_id
    left join plan_steps ps on ps.id = a.plan_step_id
    left join agent_registry g on a.requested_by_type = 'agent' and g.id::text = a.requested_by
    ${rest}
  `.execute(db);
  return rows;
}

/** Pending ones by deadline, what is waited for first; closed ones newest first. */
export async function listApprovals(
  db: Executor,
  filter: {
    tenantId: string;
    status: "pending" | "closed" | "all";
    cursor?: string | undefined;
    limit: number;
  },
) {
  const after = decodeCursor(filter.cursor);
  if (filter.status === "pending") {
    const rows = await select(
      db,
      sql`where a.tenant_id = ${filter.tenantId}::uuid and a.status = 'pending'
        and (${after === undefined}::boolean or (a.expires_at, a.id) > (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::uuid))
        order by a.expires_at, a.id limit ${filter.limit + 1}`,
    );
    return cutPage(rows, filter.limit, (row) => [row.expires_at.toISOString(), row.id]);
  }
  const rows = await select(
    db,
    sql`where a.tenant_id = ${filter.tenantId}::uuid and (${filter.status === "all"}::boolean or a.status <> 'pending')
      and (${after === undefined}::boolean or a.id < ${after?.[0] ?? null}::uuid)
      order by a.id desc limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

export async function countPendingApprovals(db: Executor, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from approvals where tenant_id = ${tenantId}::uuid and status = 'pending'
  `.execute(db);
  return rows[0]?.n ?? 0;
}

export async function findApproval(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<ApprovalRecord | undefined> {
  const rows = await select(db, sql`where a.tenant_id = ${tenantId}::uuid and a.id = ${id}::uuid`);
  return rows[0];
}
