import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";
import type { Route } from "./exchange.ts";

/** Steps that could be claimed now, in fair order; nothing is locked. */
export const Dispatchable = z.object({
  steps: z.array(
    z.object({ id: z.string(), epoch: z.number(), tenant_id: z.string(), weight: z.number() }),
  ),
  /** Where the next look goes on; null when this one came to the end. */
  after: z.string().nullable(),
});
export type Dispatchable = z.infer<typeof Dispatchable>;

export interface DispatchableRequest extends Pick<Route, "tenants" | "shard"> {
  readonly handlers: readonly string[];
  readonly queue: string;
  readonly after: string | null;
  readonly limit: number;
}

/** What a dispatcher may tell a transport of. */
export async function dispatchable(
  db: EngineDb,
  { handlers, queue, tenants, shard, after, limit }: DispatchableRequest,
): Promise<Dispatchable> {
  const route = JSON.stringify({ tenants, shard, after: after ?? undefined });
  return Dispatchable.parse(
    await callOne(
      db,
      sql`select engine.dispatchable(${[...handlers]}::text[], ${queue}, ${route}::jsonb, ${limit}) as value`,
    ),
  );
}
