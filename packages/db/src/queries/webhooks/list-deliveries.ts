import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface DeliveryRecord {
  id: string;
  event_id: string;
  type: string;
  seq: number;
  attempt: number;
  status: string;
  http_status: number | null;
  error: string | null;
  took_ms: number;
  at: Date;
}

/** Attempts to tell one endpoint, newest first. */
export async function listDeliveries(
  db: Executor,
  filter: {
    tenantId: string;
    webhookId: string;
    status?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const { rows } = await sql<DeliveryRecord>`
    select id, event_id, type, seq, attempt, status, http_status, error, took_ms, at from webhook_deliveries
    where tenant_id = ${filter.tenantId}::uuid and webhook_id = ${filter.webhookId}::uuid
      and (${filter.status ?? null}::text is null or status = ${filter.status ?? null})
      and (${before}::uuid is null or id < ${before}::uuid)
    order by id desc limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.id]);
}
