import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** A ceiling at admission: of one queue, or with null of all together. */
export interface Ceiling {
  id: string;
  plane: boolean;
  queue: string | null;
  max_queued: number;
}

/** What an admission into this tenant has to keep. */
export async function listCeilings(db: Executor, tenantId: string): Promise<Ceiling[]> {
  const { rows } = await sql<{ value: Ceiling[] }>`
    select engine.ceilings(${tenantId}::uuid) as value
  `.execute(db);
  return rows[0]?.value ?? [];
}

/** How many steps a ceiling finds queued; it stops counting at `limit`. */
export async function countQueued(
  db: Executor,
  tenantId: string,
  { plane, queue }: Ceiling,
  limit: number,
): Promise<number> {
  const { rows } = await sql<{ value: number }>`
    select engine.count_queued(${tenantId}::uuid, ${plane}, ${queue}, ${limit}) as value
  `.execute(db);
  return rows[0]?.value ?? 0;
}
