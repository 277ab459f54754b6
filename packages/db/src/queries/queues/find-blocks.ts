import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** What keeps a claimable step from being claimed. */
export interface Block {
  step_id: string;
  queue: string | null;
  type: string | null;
  /** Null: the whole plane. */
  tenant_id: string | null;
  paused_reason: string | null;
  max_running: number | null;
}

/**
 * For each of these steps the rule that keeps it back: a pause before a limit that is reached, the wider before the narrower. A
 * limit of the whole plane is not judged here, because a member does not see what others run.
 */
export async function findBlocks(db: Executor, stepIds: readonly string[]): Promise<Block[]> {
  const { rows } = await sql<Block>`
    select s.id as step_id, r.queue, r.type, r.tenant_id, r.paused_reason, r.max_running
    from steps s cross join lateral (
      select r.* from claim_rules r
      where (r.tenant_id = s.tenant_id or r.tenant_id is null) and r.agent is null
        and (r.queue is null or r.queue = s.queue)
        and (r.type is null or engine.is_of_type(r.type, s.kind, s.capability))
        and (r.paused_at is not null or (r.tenant_id is not null and r.max_running <= (
          select count(*) from steps o
          where o.status in ('assigned', 'running') and o.tenant_id = r.tenant_id and (r.queue is null or o.queue = r.queue)
            and (r.type is null or engine.is_of_type(r.type, o.kind, o.capability)))))
      order by r.paused_at is null, r.tenant_id nulls first, r.queue nulls first, r.type nulls first limit 1
    ) r
    where s.id = any (${[...stepIds]}::uuid[])
  `.execute(db);
  return rows;
}
