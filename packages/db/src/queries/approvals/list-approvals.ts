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
  remind_at: Date | null;
  escalate_at: Date | null;
  escalated_at: Date | null;
  root_run_id: string | null;
  rule: unknown;
  risk: string | null;
  tool: string | null;
  tool_version: string | null;
  target: string | null;
  principals: { type: "member" | "agent"; id: string; name: string; via: string }[];
  /** Where in the tree of its run the asking step is. */
  hierarchy: {
    depth: number;
    path: string;
    role: string | null;
    chain: { step_id: string; name: string; role?: string }[];
  } | null;
  version: number;
  arguments_schema: Record<string, unknown> | null;
  edited_arguments: Record<string, unknown> | null;
  edited_digest: string | null;
  override_id: string | null;
  decisions: DecisionRecord[];
  /** Who may not answer, and why; empty where it is closed. */
  barred: Record<string, string>;
  blocking: boolean;
  /** Pending past its time: the sweep has not come by yet, the database clock has. */
  overdue: boolean;
}

export interface DecisionRecord {
  by: string;
  by_user_id: string;
  for: string | null;
  for_user_id: string | null;
  decision: "approve" | "approve_with_changes" | "reject";
  reason: string | null;
  groups: string[];
  arguments_digest: string;
  via: string | null;
  behind: string[];
  at: string;
}

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<ApprovalRecord[]> {
  const { rows } = await sql<ApprovalRecord>`
    select a.id, a.subject, a.status, a.title, a.question, a.why, a.arguments, a.arguments_digest, coalesce(a.plan_id, r.plan_id) as plan_id,
           p.title as plan_title, a.run_id, a.step_id, coalesce(s.name, ps.name) as step_name, a.requested_by,
           coalesce(g.name, a.requested_by_name) as requested_by_name, a.requester_user_id, a.requested_at, a.expires_at, a.decided_at,
           a.remind_at, a.escalate_at, a.escalated_at, a.root_run_id, a.rule, a.risk, a.tool, a.tool_version, a.target, a.principals,
           a.hierarchy, a.version, a.arguments_schema, a.edited_arguments, a.edited_digest, a.override_id,
           coalesce((
             select jsonb_agg(jsonb_build_object('by', d.member_name, 'by_user_id', d.member_user_id,
               'for', d.delegated_for_name, 'for_user_id', d.delegated_for, 'decision', d.decision, 'reason', d.reason,
               'groups', d.groups, 'arguments_digest', d.arguments_digest, 'via', d.via, 'behind', d.behind,
               'at', to_char(d.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by d.at)
             from approval_decisions d where d.approval_id = a.id), '[]') as decisions,
           case when a.status = 'pending' then coalesce((
             select jsonb_object_agg(b.user_id, b.why) from engine.barred(a.id) b where b.user_id is not null), '{}') else '{}' end as barred,
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
    subject?: string | undefined;
    risk?: string | undefined;
    group?: string | undefined;
    rootRunId?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const after = decodeCursor(filter.cursor);
  const asked = sql`(${filter.subject ?? null}::text is null or a.subject = ${filter.subject ?? null})
    and (${filter.risk ?? null}::text is null or a.risk = ${filter.risk ?? null})
    and (${filter.group ?? null}::text is null or a.rule ->> 'escalateTo' = ${filter.group ?? null}
      or a.rule -> 'groups' @> jsonb_build_array(jsonb_build_object('group', ${filter.group ?? null}::text)))
    and (${filter.rootRunId ?? null}::uuid is null or a.root_run_id = ${filter.rootRunId ?? null}::uuid)`;
  if (filter.status === "pending") {
    const rows = await select(
      db,
      sql`where a.tenant_id = ${filter.tenantId}::uuid and a.status = 'pending' and ${asked}
        and (${after === undefined}::boolean or (a.expires_at, a.id) > (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::uuid))
        order by a.expires_at, a.id limit ${filter.limit + 1}`,
    );
    return cutPage(rows, filter.limit, (row) => [row.expires_at.toISOString(), row.id]);
  }
  const rows = await select(
    db,
    sql`where a.tenant_id = ${filter.tenantId}::uuid and (${filter.status === "all"}::boolean or a.status <> 'pending') and ${asked}
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
