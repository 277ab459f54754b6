import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface AgentSessionRecord {
  id: string;
  run_id: string;
  step_id: string;
  step_name: string;
  parent_session_id: string | null;
  depth: number;
  asked: string;
  strategy: string;
  mode: string | null;
  capability: string;
  status: string;
  rounds: number;
  decision_id: string | null;
  quotas: {
    depth: number;
    fanOut: number;
    agents?: number;
    usd?: string;
    seconds: number;
    failures: number;
  };
  deadline_at: Date;
  region: string | null;
  error: { code: string; message: string } | null;
  cost_pico: string;
  started_at: Date;
  finished_at: Date | null;
}

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<AgentSessionRecord[]> {
  const { rows } = await sql<AgentSessionRecord>`
    select a.id, a.run_id, a.step_id, s.name as step_name, a.parent_session_id, a.depth, a.asked, a.strategy, a.mode, a.capability,
      a.status, a.rounds, a.decision_id, a.quotas, a.deadline_at, a.region, a.error, trunc(a.cost_pico)::text as cost_pico, a.started_at,
      a.finished_at
    from agent_sessions_all a join steps_all s on s.id = a.step_id
    ${rest}
  `.execute(db);
  return rows;
}

/** Sessions of a tenant, newest first. */
export async function listSessions(
  db: Executor,
  filter: {
    tenantId: string;
    runId?: string | undefined;
    status?: string | undefined;
    strategy?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const { runId = null, status = null, strategy = null } = filter;
  const rows = await select(
    db,
    sql`where a.tenant_id = ${filter.tenantId}::uuid and (${before}::uuid is null or a.id < ${before}::uuid)
      and (${runId}::uuid is null or a.run_id = ${runId}::uuid) and (${status}::text is null or a.status = ${status})
      and (${strategy}::text is null or a.strategy = ${strategy})
      order by a.id desc limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

export async function findSession(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<AgentSessionRecord | undefined> {
  const rows = await select(db, sql`where a.tenant_id = ${tenantId}::uuid and a.id = ${id}::uuid`);
  return rows[0];
}

export interface VerdictRecord {
  round: number;
  verdict: string;
  score: number | null;
  feedback: string;
  doer_agent: string | null;
  doer_name: string | null;
  reviewer_agent: string | null;
  reviewer_name: string | null;
  at: Date;
}

/** What the reviewers of a pair said, in their order. */
export async function listVerdicts(db: Executor, session: string, run: string) {
  const { rows } = await sql<VerdictRecord>`
    select v.round, v.verdict, v.score, v.feedback, v.doer_agent, d.name as doer_name, v.reviewer_agent, r.name as reviewer_name, v.at
    from critic_verdicts_all v
    left join agent_registry d on d.id = v.doer_agent
    left join agent_registry r on r.id = v.reviewer_agent
    where v.run_id = ${run}::uuid and v.session_id = ${session}::uuid
    order by v.round
  `.execute(db);
  return rows;
}

export interface EngagementRecord {
  step_id: string;
  agent_id: string;
  agent_name: string | null;
  role: string;
  outcome: string;
  started_at: Date;
  ended_at: Date;
}

/** Who worked in a session, in the order in which they began: the first thousand. */
export async function listEngagements(db: Executor, session: string, run: string) {
  const { rows } = await sql<EngagementRecord>`
    select e.step_id, e.agent_id, a.name as agent_name, e.role, e.outcome, e.started_at, e.ended_at
    from agent_subagents_all e left join agent_registry a on a.id = e.agent_id
    where e.run_id = ${run}::uuid and e.session_id = ${session}::uuid
    order by e.started_at, e.id limit 1000
  `.execute(db);
  return rows;
}
