import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

/** A step with all that its code finds again by name. */
export interface HistoryStepRecord {
  id: string;
  name: string;
  parent: string | null;
  kind: string;
  capability: string | null;
  status: string;
  attempts: number;
  failures: number;
  crashes: number;
  holds: number;
  needs: { name: string; required: boolean }[];
  arguments: Record<string, unknown>;
  output: unknown;
  error: { code: string; message: string } | null;
  checkpoints: { name: string; value: unknown }[];
  approvals: {
    name: string;
    question: string;
    arguments: Record<string, unknown>;
    edited: Record<string, unknown> | null;
    editable: Record<string, unknown> | null;
    tool: string | null;
    target: string | null;
    status: string;
    reason: string | null;
  }[];
  waits: {
    name: string;
    option: string;
    kind: string;
    topic: string | null;
    key: string | null;
    due_at: string | null;
    status: string;
    payload: unknown;
  }[];
  sent: string[];
  tools: { name: string; tool: string; status: string }[];
}

export interface HistoryRecord {
  id: string;
  status: string;
  created_at: Date;
  step_count: number;
  read_at: Date;
  /** Null of a run with more steps than are told of. */
  steps: HistoryStepRecord[] | null;
}

/** Larger runs are named and not told of: nobody replays them in one process. */
export const MAX_HISTORY_STEPS = 2_000;

export interface HistoriesFilter {
  readonly tenantId: string;
  /** Live runs with a step of one of these; or one run, whatever its status. */
  readonly of: { readonly capabilities: readonly string[] } | { readonly runId: string };
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** What happened in runs so far, by name, oldest run first: for code that is to go on with them. */
export async function loadHistories(
  db: Executor,
  { tenantId, of, cursor, limit }: HistoriesFilter,
) {
  const [after = null, afterId = null] = decodeCursor(cursor) ?? [];
  const chosen =
    "runId" in of
      ? sql`r.id = ${of.runId}::uuid`
      : sql`r.status in ('queued', 'running') and exists (
          select from steps s where s.run_id = r.id and s.kind = 'agent' and s.capability = any(${[...of.capabilities]}::text[]))`;
  const { rows } = await sql<HistoryRecord & { key: string }>`
    select r.id, r.status, r.created_at, r.created_at::text as key, r.step_count, clock_timestamp() as read_at,
      case when r.step_count <= ${MAX_HISTORY_STEPS} then coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', s.id, 'name', s.name, 'kind', s.kind, 'capability', s.capability, 'status', s.status, 'holds', s.holds,
          'failures', s.failures, 'crashes', s.crashes,
          'parent', (select p.name from steps_all p where p.id = s.parent_step_id),
          'attempts', (select count(*) from attempts_all a where a.step_id = s.id),
          'needs', coalesce((
            select jsonb_agg(jsonb_build_object('name', n.name, 'required', d.required) order by n.name)
            from step_dependencies_all d join steps_all n on n.id = d.depends_on where d.step_id = s.id), '[]'),
          'arguments', s.arguments, 'output', s.output, 'error', s.error,
          'checkpoints', coalesce((
            select jsonb_agg(jsonb_build_object('name', c.name, 'value', c.value) order by c.at, c.name)
            from (select k.name, k.value, k.created_at as at from checkpoints k where k.step_id = s.id
                  union all select k.name, k.value, k.created_at from checkpoints_history k where k.step_id = s.id) c), '[]'),
          'approvals', coalesce((
            select jsonb_agg(jsonb_build_object('name', a.name, 'question', a.question, 'arguments', a.arguments,
              'edited', a.edited_arguments, 'editable', a.arguments_schema, 'tool', a.tool, 'target', a.target, 'status', a.status,
              'reason', (select d.reason from approval_decisions d where d.approval_id = a.id order by d.at desc limit 1))
              order by a.requested_at, a.id)
            from approvals a where a.step_id = s.id and a.subject in ('step', 'tool')
              and not exists (select from waits_all w where w.step_id = s.id and w.approval_id = a.id)), '[]'),
          'waits', coalesce((
            select jsonb_agg(jsonb_build_object('name', w.name, 'option', w.option, 'kind', w.kind, 'topic', w.topic, 'key', w.key,
              'due_at', w.due_at, 'status', w.status, 'payload', case when w.kind = 'children' and w.status = 'met' then
                jsonb_build_object('children', coalesce((
                  select jsonb_agg(i.child || jsonb_build_object('output', c.output, 'error', c.error) order by i.n)
                  from jsonb_array_elements(w.payload -> 'children') with ordinality as i (child, n)
                  join steps_all c on c.id = (i.child ->> 'step_id')::uuid), '[]'))
                else w.payload end) order by w.created_at, w.position)
            from waits_all w where w.step_id = s.id), '[]'),
          'sent', coalesce((
            select jsonb_agg(m.sent_as order by m.seq)
            from agent_messages_all m where m.step_id = s.id and m.run_id = s.run_id and m.sent_as is not null), '[]'),
          'tools', coalesce((
            select jsonb_agg(jsonb_build_object('name', t.name, 'tool', t.tool, 'status', t.status) order by t.intended_at, t.id)
            from tool_runs t where t.step_id = s.id), '[]')) order by s.position, s.id)
        from steps_all s where s.run_id = r.id), '[]') end as steps
    from runs_all r
    where r.tenant_id = ${tenantId}::uuid and ${chosen}
      and (${after}::timestamptz is null or (r.created_at, r.id) > (${after}::timestamptz, ${afterId}::uuid))
    order by r.created_at, r.id limit ${limit + 1}
  `.execute(db);
  return cutPage(rows, limit, (row) => [row.key, row.id]);
}
