import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface PolicyRecord {
  name: string;
  version: number;
  own: boolean;
  /** Null: removed. */
  body: unknown;
  note: string;
  created_by_name: string;
  created_at: Date;
}

/** Every version of every policy of the product and the tenant, or of one name: the newest first, the tenant's before the product's. */
export async function listPolicyVersions(
  db: Executor,
  where: { tenantId: string; name?: string },
): Promise<PolicyRecord[]> {
  const { tenantId, name = null } = where;
  const { rows } = await sql<PolicyRecord>`
    select r.name, r.version, r.tenant_id is not null as own, r.body, r.note, r.created_by_name, r.created_at
    from routing_policies r
    where (r.tenant_id is null or r.tenant_id = ${tenantId}::uuid) and (${name}::text is null or r.name = ${name})
    order by r.name, r.tenant_id nulls last, r.version desc
    limit 10000
  `.execute(db);
  return rows;
}

/** The newest of each name, of the tenant's and of the product's. */
export async function listPoliciesNow(db: Executor, tenantId: string): Promise<PolicyRecord[]> {
  const { rows } = await sql<PolicyRecord>`
    select distinct on (r.name, r.tenant_id is null) r.name, r.version, r.tenant_id is not null as own, r.body, r.note,
      r.created_by_name, r.created_at
    from routing_policies r
    where r.tenant_id is null or r.tenant_id = ${tenantId}::uuid
    order by r.name, r.tenant_id is null, r.version desc
  `.execute(db);
  return rows;
}

/** False where somebody else has written that version. */
export async function insertPolicy(
  db: Executor,
  policy: {
    tenantId: string;
    by: string;
    byName: string;
    name: string;
    version: number;
    body: object | null;
    note: string;
  },
): Promise<boolean> {
  const { tenantId, by, byName, name, version, body, note } = policy;
  const { numAffectedRows } = await sql`
    insert into routing_policies (tenant_id, name, version, body, note, created_by, created_by_name)
    values (${tenantId}::uuid, ${name}, ${version}, ${body === null ? null : JSON.stringify(body)}::jsonb, ${note}, ${by}::uuid, ${byName})
    on conflict do nothing
  `.execute(db);
  return numAffectedRows === 1n;
}
