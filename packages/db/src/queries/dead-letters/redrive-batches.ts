import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface NewRedriveBatch {
  id: string;
  tenantId: string;
  filter: Record<string, unknown>;
  letterIds: readonly string[];
  maxPerMinute: number;
  stopPercent: number | null;
  correlationId: string;
  traceparent: string | null;
  createdBy: string;
  createdByName: string;
}

export async function insertRedriveBatch(db: Executor, batch: NewRedriveBatch): Promise<void> {
  await sql`
    insert into redrive_batches (id, tenant_id, filter, total, max_per_minute, stop_percent, correlation_id, traceparent, created_by, created_by_name)
    values (${batch.id}, ${batch.tenantId}, ${JSON.stringify(batch.filter)}::jsonb, ${batch.letterIds.length}, ${batch.maxPerMinute},
      ${batch.stopPercent}, ${batch.correlationId}, ${batch.traceparent}, ${batch.createdBy}, ${batch.createdByName})
  `.execute(db);
  await sql`
    insert into redrive_batch_items (batch_id, dead_letter_id, tenant_id, position)
    select ${batch.id}::uuid, l.id, ${batch.tenantId}::uuid, l.n
    from unnest(${[...batch.letterIds]}::uuid[]) with ordinality as l (id, n)
  `.execute(db);
}

export interface RedriveBatchRecord {
  id: string;
  status: string;
  total: number;
  waiting: number;
  redriving: number;
  succeeded: number;
  failed: number;
  skipped: number;
  max_per_minute: number;
  stop_percent: number | null;
  created_at: Date;
  created_by_name: string;
  ended_at: Date | null;
}

/** The tenant's batches, newest first. */
export async function listRedriveBatches(
  db: Executor,
  filter: { tenantId: string; batchId?: string; cursor?: string | undefined; limit: number },
) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const { rows } = await sql<RedriveBatchRecord>`
    select b.id, b.status, b.total, b.max_per_minute, b.stop_percent, b.created_at, b.created_by_name, b.ended_at, i.*
    from redrive_batches b
    cross join lateral (
      select count(*) filter (where i.status = 'waiting')::integer as waiting, count(*) filter (where i.status = 'redriving')::integer as redriving,
             count(*) filter (where i.status = 'succeeded')::integer as succeeded, count(*) filter (where i.status = 'failed')::integer as failed,
             count(*) filter (where i.status = 'skipped')::integer as skipped
      from redrive_batch_items i where i.batch_id = b.id
    ) i
    where b.tenant_id = ${filter.tenantId}::uuid
      and (${filter.batchId ?? null}::uuid is null or b.id = ${filter.batchId ?? null}::uuid)
      and (${before}::uuid is null or b.id < ${before}::uuid)
    order by b.id desc limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.id]);
}
