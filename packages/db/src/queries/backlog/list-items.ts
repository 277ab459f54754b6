import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface BacklogItemRecord {
  id: string;
  key: string;
  pack: string;
  pack_id: string;
  title: string;
  description: string | null;
  kind: string | null;
  type: string | null;
  arguments: Record<string, unknown> | null;
  needs: string[];
  priority: number;
  labels: string[];
  risk: string[];
  sensitive: boolean;
  owner: string | null;
  position: number;
  created_at: Date;
  updated_at: Date;
  plan_id: string | null;
  run_id: string | null;
  state: string;
}

/**
 * One page of a tenant's items in document order, with what became of each: the newest plan that holds it and the newest
 * run of that plan decide its state.
 */
export async function listItems(
  db: Executor,
  filter: {
    tenantId: string;
    pack?: string | undefined;
    search?: string | undefined;
    state?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const after = decodeCursor(filter.cursor);
  const search =
    filter.search === undefined
      ? null
      : `%${filter.search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const { rows } = await sql<BacklogItemRecord>`
    select * from (
      select i.id, i.key, p.name as pack, i.pack_id, i.title, i.description, i.kind, i.type, i.arguments, i.needs, i.priority,
             i.labels, i.risk, i.sensitive, i.owner, i.position, i.created_at, i.updated_at, s.plan_id, r.id as run_id,
             case
               when s.plan_id is null then 'open'
               when r.id is null then 'planned'
               when outcome.failed then 'failed'
               when outcome.done then 'done'
               else 'running' end as state
      from backlog_items i
      join packs p on p.id = i.pack_id
      left join lateral (select ps.plan_id from plan_steps ps where ps.backlog_item_id = i.id order by ps.id desc limit 1) s on true
      left join lateral (select r.id from runs r where r.plan_id = s.plan_id order by r.id desc limit 1) r on true
      left join lateral (
        select bool_or(st.status in ('failed', 'cancelled')) as failed, bool_and(st.status = 'succeeded') as done
        from plan_steps ps join steps st on st.plan_step_id = ps.id and st.run_id = r.id
        where ps.plan_id = s.plan_id and ps.backlog_item_id = i.id
      ) outcome on r.id is not null
      where i.tenant_id = ${filter.tenantId}::uuid
        and (${filter.pack ?? null}::text is null or p.name = ${filter.pack ?? null})
        and (${search}::text is null or i.title ilike ${search} or i.key ilike ${search})
        and (${after === undefined}::boolean or (i.pack_id, i.position, i.id) > (${after?.[0] ?? null}::uuid, ${after?.[1] ?? null}::integer, ${after?.[2] ?? null}::uuid))
      order by i.pack_id, i.position, i.id
    ) as item
    where (${filter.state ?? null}::text is null or state = ${filter.state ?? null})
    order by pack_id, position, id
    limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.pack_id, row.position, row.id]);
}

/** How many items a filter finds in all; state is not counted by, it is worked out row by row. */
export async function countItems(
  db: Executor,
  filter: { tenantId: string; pack?: string | undefined; search?: string | undefined },
): Promise<number> {
  const search =
    filter.search === undefined
      ? null
      : `%${filter.search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from backlog_items i join packs p on p.id = i.pack_id
    where i.tenant_id = ${filter.tenantId}::uuid
      and (${filter.pack ?? null}::text is null or p.name = ${filter.pack ?? null})
      and (${search}::text is null or i.title ilike ${search} or i.key ilike ${search})
  `.execute(db);
  return rows[0]?.n ?? 0;
}
