import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import type { RoutingProviderRow } from "./routing-state.ts";

export interface ProviderRecord extends RoutingProviderRow {
  title: string;
  own: boolean;
  probe: boolean;
  has_key: boolean;
  models: number;
  updated_by: string | null;
  updated_at: Date;
}

/** The providers that the tenant knows of: ours, and its own in place of them. */
export async function listProviders(db: Executor, tenantId: string): Promise<ProviderRecord[]> {
  const { rows } = await sql<ProviderRecord>`
    select p.name, p.region, p.kind, p.enabled, p.base_url, p.headers, p.key_name, p.title, p.probe, p.tenant_id is not null as own,
      (p.key_name is null or exists (
        select from secure_keys k
        where k.tenant_id = ${tenantId}::uuid and k.provider = p.name and k.name = p.key_name and k.status = 'active')) as has_key,
      (select count(distinct m.name)::int from llm_models m
        where m.provider = p.name and (m.tenant_id is null or m.tenant_id = ${tenantId}::uuid)) as models,
      coalesce(u.name, p.updated_by::text) as updated_by, p.updated_at
    from llm_providers p
    left join members u on u.tenant_id = ${tenantId}::uuid and u.user_id = p.updated_by
    where p.tenant_id = ${tenantId}::uuid
      or (p.tenant_id is null and not exists (
        select from llm_providers own where own.tenant_id = ${tenantId}::uuid and own.name = p.name))
    order by p.name, p.region
  `.execute(db);
  return rows;
}

export interface ProviderDraft {
  tenantId: string;
  by: string;
  name: string;
  region: string;
  title: string;
  kind: string;
  enabled: boolean;
  baseUrl: string | null;
  headers: Readonly<Record<string, string>>;
  keyName: string | null;
  probe: boolean;
}

/** The tenant's own row of a provider's region, made or written anew. */
export async function putProvider(db: Executor, provider: ProviderDraft): Promise<void> {
  const { tenantId, by, name, region, title, kind, enabled, baseUrl, headers, keyName, probe } =
    provider;
  await sql`
    insert into llm_providers (tenant_id, name, region, title, kind, enabled, base_url, headers, key_name, probe, updated_by)
    values (${tenantId}::uuid, ${name}, ${region}, ${title}, ${kind}, ${enabled}, ${baseUrl}, ${JSON.stringify(headers)}::jsonb,
      ${keyName}, ${probe}, ${by}::uuid)
    on conflict (tenant_id, name, region) do update
    set title = excluded.title, kind = excluded.kind, enabled = excluded.enabled, base_url = excluded.base_url,
      headers = excluded.headers, key_name = excluded.key_name, probe = excluded.probe, updated_by = excluded.updated_by,
      updated_at = clock_timestamp()
  `.execute(db);
}

/** Answers whether there was one. */
export async function removeProvider(
  db: Executor,
  where: { tenantId: string; name: string; region: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from llm_providers
    where tenant_id = ${where.tenantId}::uuid and name = ${where.name} and region = ${where.region}
  `.execute(db);
  return numAffectedRows === 1n;
}
