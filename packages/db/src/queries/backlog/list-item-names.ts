import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { matches } from "./list-items.ts";

export interface ItemName {
  id: string;
  key: string;
  pack: string;
}

/** Items that a filter finds, by name only, in document order. */
export async function listItemNames(
  db: Executor,
  filter: {
    tenantId: string;
    pack?: string | undefined;
    search?: string | undefined;
    limit: number;
  },
): Promise<ItemName[]> {
  const { rows } = await sql<ItemName>`
    select i.id, i.key, p.name as pack from backlog_items i join packs p on p.id = i.pack_id
    where ${matches(filter)} order by i.pack_id, i.position, i.id limit ${filter.limit}
  `.execute(db);
  return rows;
}
