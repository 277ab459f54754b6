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
  lags: Record<string, number>;
  resources: string[];
  estimate_minutes: number | null;
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
 * run of its steps decide its state.
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
  const wanted = filter.state ?? null;
  // Without a filter on state the page is cut before states are worked out; with one they decide what is on it.
  const cut = wanted === null ? sql`limit ${filter.limit + 1}` : sql``;
  const { rows } = await sql<BacklogItemRecord>`
    with found as (
      select i.*, p.name as pack from backlog_items i join packs p on p.id = i.pack_id
      where ${matches(filter)}
        and (${after === undefined}::boolean or (i.pack_id, i.position, i.id) > (${after?.[0] ?? null}::uuid, ${after?.[1] ?? null}::integer, ${after?.[2] ?? null}::uuid))
      order by i.pack_id, i.position, i.id ${cut}
    ),
    judged as (
      select i.*, planned.plan_id, ran.run_id,
             case
               when planned.plan_id is null then 'open'
               when ran.run_id is null then 'planned'
               when ran.failed then 'failed'
               when ran.done then 'done'
               when ran.busy then 'running'
               else 'waiting' end as state
      from found i
      left join lateral (
        select s.plan_id from plan_steps s where s.backlog_item_id = i.id order by s.id desc limit 1
      ) planned on true
      left join lateral (
        select (array_agg(last.run_id))[1] as run_id, bool_or(last.status in ('failed', 'cancelled')) as failed,
               bool_or(last.status in ('assigned', 'running')) as busy, bool_and(last.status = 'succeeded') as done
        from plan_steps s
        cross join lateral (
          select st.run_id, st.status from steps_all st where st.plan_step_id = s.id order by st.id desc limit 1
        ) last
        where s.backlog_item_id = i.id and s.plan_id = planned.plan_id
      ) ran on true
    )
    select id, key, pack, pack_id, title, description, kind, type, arguments, needs, lags, resources, estimate_minutes, priority, labels,
           risk, sensitive, owner, position, created_at, updated_at, plan_id, run_id, state
    from judged where ${wanted}::text is null or state = ${wanted}
    order by pack_id, position, id limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.pack_id, row.position, row.id]);
}

/** How many items a filter finds in all; state is not counted by, it is worked out row by row. */
export async function countItems(
  db: Executor,
  filter: { tenantId: string; pack?: string | undefined; search?: string | undefined },
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from backlog_items i join packs p on p.id = i.pack_id where ${matches(filter)}
  `.execute(db);
  return rows[0]?.n ?? 0;
}

/** What a filter on items asks of `i` and its pack `p`. */
export function matches(filter: {
  tenantId: string;
  pack?: string | undefined;
  search?: string | undefined;
}) {
  const pack = filter.pack ?? null;
  const search =
    filter.search === undefined
      ? null
      : `%${filter.search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return sql`i.tenant_id = ${filter.tenantId}::uuid
    and (${pack}::text is null or p.name = ${pack})
    and (${search}::text is null or i.title ilike ${search} or i.key ilike ${search})`;
}
