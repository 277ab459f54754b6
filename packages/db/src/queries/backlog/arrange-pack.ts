import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** Keys of a pack's items in their order. */
export async function loadPackOrder(db: Executor, packId: string): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    select key from backlog_items where pack_id = ${packId}::uuid order by position, id
  `.execute(db);
  return rows.map(({ key }) => key);
}

/** Puts the items of a pack into this order; those that stand right already are not written. */
export async function arrangePack(db: Executor, packId: string, keys: readonly string[]) {
  await sql`
    update backlog_items i set position = o.n - 1
    from unnest(${keys}::text[]) with ordinality o (key, n)
    where i.pack_id = ${packId}::uuid and i.key = o.key and i.position <> o.n - 1
  `.execute(db);
}

export interface MovedItem {
  /** Where it stood: behind this one, or before that one if it was the first. */
  previous: string | null;
  next: string | null;
}

/**
 * Puts an item right before or after another one of its pack and counts the positions anew, in one statement. Answers between
 * whom it stood; undefined when it stays where it is.
 */
export async function moveItem(
  db: Executor,
  move: { packId: string; itemId: string; targetId: string; side: "before" | "after" },
): Promise<MovedItem | undefined> {
  const { rows } = await sql<MovedItem & { written: boolean }>`
    with standing as (
      select id, position, row_number() over w as n, lag(id) over w as previous, lead(id) over w as next
      from backlog_items where pack_id = ${move.packId}::uuid window w as (order by position, id)
    ),
    target as (select n from standing where id = ${move.targetId}::uuid),
    placed as (
      select s.id, row_number() over (
        order by case when s.id = ${move.itemId}::uuid then t.n + ${move.side === "before" ? -0.5 : 0.5}::numeric else s.n end
      ) - 1 as position, s.n
      from standing s, target t
    ),
    written as (
      update backlog_items i set position = p.position from placed p where i.id = p.id and i.position <> p.position
    )
    select s.previous, s.next, p.position <> s.n - 1 as written
    from standing s join placed p using (id) where s.id = ${move.itemId}::uuid
  `.execute(db);
  const [row] = rows;
  if (row === undefined || !row.written) return undefined;
  await sql`update packs set arranged = true where id = ${move.packId}::uuid and not arranged`.execute(
    db,
  );
  return { previous: row.previous, next: row.next };
}

export interface PlacedItem {
  id: string;
  key: string;
  pack_id: string;
  pack: string;
}

/** Items by their ids, of one tenant, with their packs. */
export async function findItems(
  db: Executor,
  tenantId: string,
  ids: readonly string[],
): Promise<PlacedItem[]> {
  const { rows } = await sql<PlacedItem>`
    select i.id, i.key, i.pack_id, p.name as pack from backlog_items i join packs p on p.id = i.pack_id
    where i.tenant_id = ${tenantId}::uuid and i.id = any (${ids}::uuid[])
  `.execute(db);
  return rows;
}
