import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface EditedItem {
  id: string;
  pack: string;
  labels: string[];
  priority: number;
}

/**
 * Adds and removes labels and sets the priority of many items in one statement. Answers those that changed, with what they had
 * before. Their digests stay: an import changes them again only when their rows in the file have changed.
 */
export async function editItems(
  db: Executor,
  edit: {
    tenantId: string;
    ids: readonly string[];
    add: readonly string[];
    remove: readonly string[];
    priority: number | undefined;
  },
): Promise<EditedItem[]> {
  const { rows } = await sql<EditedItem>`
    with wanted as (
      select i.id, i.labels, i.priority, i.pack_id,
             array(select l from unnest(i.labels) with ordinality x (l, n) where l <> all (${edit.remove}::text[]) order by n)
               || array(select l from unnest(${edit.add}::text[]) with ordinality x (l, n) where l <> all (i.labels) order by n) as new_labels,
             coalesce(${edit.priority ?? null}::smallint, i.priority) as new_priority
      from backlog_items i where i.tenant_id = ${edit.tenantId}::uuid and i.id = any (${edit.ids}::uuid[])
      for update of i
    ),
    written as (
      update backlog_items i set labels = w.new_labels, priority = w.new_priority, updated_at = clock_timestamp()
      from wanted w where i.id = w.id and (i.labels <> w.new_labels or i.priority <> w.new_priority)
      returning i.id
    )
    select w.id, p.name as pack, w.labels, w.priority
    from written join wanted w using (id) join packs p on p.id = w.pack_id
    order by p.name, w.id
  `.execute(db);
  return rows;
}
