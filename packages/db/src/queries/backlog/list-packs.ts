import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface PackRecord {
  id: string;
  name: string;
  title: string | null;
  workspace: string | null;
  items: number;
  latest_plan_id: string | null;
  latest_run_id: string | null;
  updated_at: Date;
}

/** The newest 200 packs of a tenant, the last changed first. */
export async function listPacks(db: Executor, tenantId: string): Promise<PackRecord[]> {
  const { rows } = await sql<PackRecord>`
    select p.id, p.name, p.title, p.workspace, p.updated_at,
           (select count(*)::integer from backlog_items i where i.pack_id = p.id) as items,
           (select pl.id from plans pl where pl.pack_id = p.id order by pl.version desc limit 1) as latest_plan_id,
           (select r.id from runs_all r join plans pl on pl.id = r.plan_id where pl.pack_id = p.id order by r.id desc limit 1) as latest_run_id
    from packs p where p.tenant_id = ${tenantId}::uuid
    order by p.updated_at desc, p.id desc limit 200
  `.execute(db);
  return rows;
}
