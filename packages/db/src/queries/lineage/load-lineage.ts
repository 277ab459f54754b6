import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface LineageArtifactRecord {
  id: string;
  name: string;
  size: number;
  sha256: string;
  created_at: string;
}

export interface LineageRunRecord {
  id: string;
  status: string;
  created_at: string;
  finished_at: string | null;
  steps: {
    id: string;
    name: string;
    status: string;
    attempts: number;
    finished_at: string | null;
    tools: { tool: string; version: string; status: string }[];
    artifacts: LineageArtifactRecord[];
  }[];
}

export interface LineagePlanRecord {
  id: string;
  version: number;
  title: string;
  status: string;
  verdict: string;
  digest: string;
  created_at: string;
  created_by: string;
  steps: { name: string; verdict: string; arguments_digest: string }[];
  gates: { gate: string; verdict: string; findings: unknown[] }[];
  approvals: {
    id: string;
    subject: string;
    title: string;
    status: string;
    requested_by: string;
    requested_at: string;
    decisions: { by: string; decision: string; reason: string | null; at: string }[];
  }[];
  snapshots: { kind: string; digest: string; at: string }[];
  runs: LineageRunRecord[];
}

export interface LineageRecord {
  item: { id: string; key: string; pack: string; title: string } | null;
  artifact: LineageArtifactRecord | null;
  plans: LineagePlanRecord[];
  task: LineageRunRecord | null;
  /** What steps reported to have used; null where none did. */
  spend: { cost_usd: number | null; tokens: number | null } | null;
}

const ARTIFACT = sql`jsonb_build_object('id', a.id, 'name', a.name, 'size', a.size, 'sha256', a.sha256, 'created_at', a.created_at)`;

/** A run with those of its steps that a condition on `s` picks. */
const runWith = (steps: ReturnType<typeof sql>) => sql`
  jsonb_build_object('id', r.id, 'status', r.status, 'created_at', r.created_at, 'finished_at', r.finished_at, 'steps', (
    select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'status', s.status, 'attempts', s.epoch,
      'finished_at', s.finalised_at,
      'tools', (
        select coalesce(jsonb_agg(jsonb_build_object('tool', t.tool, 'version', t.tool_version, 'status', t.status) order by t.id), '[]')
        from tool_runs t where t.step_id = s.id),
      'artifacts', (
        select coalesce(jsonb_agg(${ARTIFACT} order by a.name), '[]')
        from artifacts_all a where a.step_id = coalesce(s.kept_from, s.id) and a.stored_at is not null)) order by s.position, s.id), '[]')
    from steps_all s where s.run_id = r.id and ${steps}))`;

/**
 * Where a backlog item or an artifact comes from and what became of it, in one statement under row level security. Starts from
 * the one or the other; undefined where there is none of that id.
 */
export async function loadLineage(
  db: Executor,
  start: { tenantId: string; itemId?: string; artifactId?: string },
): Promise<LineageRecord | undefined> {
  const { tenantId, itemId = null, artifactId = null } = start;
  const { rows } = await sql<{ value: LineageRecord }>`
    with origin as (
      select ${ARTIFACT} as artifact, s.run_id, s.plan_step_id
      from artifacts_all a join steps_all s on s.id = a.step_id
      where a.id = ${artifactId}::uuid and a.tenant_id = ${tenantId}::uuid and a.stored_at is not null
    ),
    item as (
      select i.id, i.key, k.name as pack, i.title from backlog_items i join packs k on k.id = i.pack_id
      where i.tenant_id = ${tenantId}::uuid and i.id = coalesce(${itemId}::uuid, (
        select p.backlog_item_id from origin o join plan_steps p on p.id = o.plan_step_id))
    ),
    own as (
      select p.* from plan_steps p where p.backlog_item_id = (select i.id from item i)
    ),
    versions as (
      select v.* from plans v where v.id in (select o.plan_id from own o) order by v.id desc limit 50
    )
    select jsonb_build_object(
      'item', (select to_jsonb(i) from item i),
      'artifact', (select o.artifact from origin o),
      'task', (
        select ${runWith(sql`s.id is not null`)} from origin o join runs_all r on r.id = o.run_id where o.plan_step_id is null),
      'spend', (
        select jsonb_build_object('cost_usd', sum(u.cost_usd), 'tokens', sum(u.tokens))
        from (
          select app.used(s.output, 'costUsd') as cost_usd, app.used(s.output, 'tokens') as tokens from steps_all s
          where s.kept_from is null and (s.plan_step_id in (select o.id from own o)
            or s.run_id in (select o.run_id from origin o where o.plan_step_id is null))
        ) u having count(u.cost_usd) + count(u.tokens) > 0),
      'plans', (
        select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'version', v.version, 'title', v.title, 'status', v.status,
          'verdict', v.verdict, 'digest', v.digest, 'created_at', v.created_at,
          'created_by', coalesce((select m.name from members m where m.tenant_id = v.tenant_id and m.user_id::text = v.created_by), v.created_by),
          'steps', (
            select jsonb_agg(jsonb_build_object('name', o.name, 'verdict', o.verdict, 'arguments_digest', o.arguments_digest) order by o.position)
            from own o where o.plan_id = v.id),
          'gates', (
            select coalesce(jsonb_agg(jsonb_build_object('gate', e.gate, 'verdict', e.verdict, 'findings', (
              select coalesce(jsonb_agg(f), '[]') from jsonb_array_elements(e.findings) f
              where f ->> 'step' is null or f ->> 'step' in (select o.name from own o where o.plan_id = v.id))) order by e.at, e.gate), '[]')
            from plan_evaluations e where e.plan_id = v.id and e.digest = v.digest),
          'approvals', (
            select coalesce(jsonb_agg(jsonb_build_object('id', q.id, 'subject', q.subject, 'title', q.title, 'status', q.status,
              'requested_by', q.requested_by_name, 'requested_at', q.requested_at,
              'decisions', (
                select coalesce(jsonb_agg(jsonb_build_object('by', d.member_name, 'decision', d.decision, 'reason', d.reason, 'at', d.at) order by d.id), '[]')
                from approval_decisions d where d.approval_id = q.id)) order by q.id), '[]')
            from approvals q
            where (q.plan_id = v.id and q.subject = 'plan')
              or q.plan_step_id in (select o.id from own o where o.plan_id = v.id)),
          'snapshots', (
            select coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'digest', n.digest, 'at', n.at) order by n.id), '[]')
            from audit_snapshots n where n.plan_id = v.id),
          'runs', (
            select coalesce(jsonb_agg(${runWith(sql`s.plan_step_id in (select o.id from own o where o.plan_id = v.id)`)} order by r.id desc), '[]')
            from (select * from runs_all x where x.plan_id = v.id order by x.id desc limit 50) r)
        ) order by v.id desc), '[]')
        from versions v)
    ) as value
    where exists (select from item) or exists (select from origin)
  `.execute(db);
  return rows[0]?.value;
}
