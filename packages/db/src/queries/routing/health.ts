import type { HealthWindow } from "@nofx/core/model-router";
import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface HealthRecord {
  provider: string;
  model: string;
  region: string;
  shared: boolean;
  window: HealthWindow;
  state_since: Date;
  /** The database's clock. */
  now: Date;
}

/** Health of what was called within the hour, the tenant's own and what all see. */
export async function listHealth(
  db: Executor,
  where: { tenantId: string; provider?: string | undefined },
): Promise<HealthRecord[]> {
  const { tenantId, provider = null } = where;
  const { rows } = await sql<HealthRecord>`
    select h.provider, h.model, h.region, h.tenant_id is null as shared, h."window", h.state_since, clock_timestamp() as now
    from provider_health h
    where (h.tenant_id = ${tenantId}::uuid or h.tenant_id is null) and (${provider}::text is null or h.provider = ${provider})
      and (h.updated_at > clock_timestamp() - interval '1 hour' or h.state <> 'healthy')
    order by h.provider, h.model, h.region, h.tenant_id nulls last
    limit 1000
  `.execute(db);
  return rows;
}
