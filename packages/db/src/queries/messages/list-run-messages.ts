import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import type { MessageRecord } from "./bus.ts";

export interface RunMessageRecord extends MessageRecord {
  run_seq: number;
  depth: number | null;
  path: string | null;
  role: string | null;
  step_name: string | null;
  held: boolean;
}

/** Messages of a run after one, oldest first, one more than `limit`, with where in the tree their senders are. */
export async function listRunMessages(
  db: Executor,
  of: { tenantId: string; runId: string; after: number; type: string | null; limit: number },
): Promise<RunMessageRecord[]> {
  const { rows } = await sql<RunMessageRecord>`
    with recursive page as (
      select m.* from agent_messages_all m
      where m.tenant_id = ${of.tenantId}::uuid and m.run_id = ${of.runId}::uuid and m.run_seq > ${of.after}
        and (${of.type}::text is null or m.type = ${of.type})
      order by m.run_seq limit ${of.limit + 1}
    ),
    above as (
      select s.id as step, s.parent_step_id as parent, s.name as path, 0 as depth
      from steps_all s where s.id in (select p.step_id from page p)
      union all
      select a.step, s.parent_step_id, s.name || '/' || a.path, a.depth + 1
      from above a join steps_all s on s.id = a.parent where a.depth < 50
    ),
    place as (select distinct on (a.step) a.step, a.path, a.depth from above a order by a.step, a.depth desc)
    select p.*, coalesce(h.depth, l.depth) as depth, coalesce(h.path, l.path) as path,
      case when p.sender_type = 'member' then m.role else h.role end as role, s.name as step_name,
      engine.is_held(p.tenant_id, p.id, p.conversation_id, p.run_id) as held
    from page p
    left join place l on l.step = p.step_id
    left join run_agent_hierarchy_all h on h.step_id = p.step_id
    left join steps_all s on s.id = p.step_id
    left join members m on m.tenant_id = p.tenant_id and m.user_id::text = p.sender_id and p.sender_type = 'member'
    order by p.run_seq
  `.execute(db);
  return rows;
}
