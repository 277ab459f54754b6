import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface WebhookRecord {
  id: string;
  format: string;
  url: string;
  titles: boolean;
  recipients: { user_id: string; name: string; email: string; member: boolean }[];
  description: string;
  event_types: string[];
  status: string;
  disabled_reason: string | null;
  created_by: string;
  created_at: Date;
  seq: number;
  behind: number;
  attempts: number;
  next_at: Date;
  failing_since: Date | null;
}

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<WebhookRecord[]> {
  const { rows } = await sql<WebhookRecord>`
    select w.id, w.format, w.url, w.titles, w.description,
      (select coalesce(jsonb_agg(jsonb_build_object('user_id', r.id, 'name', coalesce(m.name, ''), 'email', coalesce(m.email, ''),
          'member', m.id is not null) order by m.email nulls last), '[]')
        from unnest(w.recipients) as r (id) left join members m on m.tenant_id = w.tenant_id and m.user_id = r.id) as recipients,
      w.event_types, w.status, w.disabled_reason, w.created_at,
      coalesce((select m.name from members m where m.tenant_id = w.tenant_id and m.user_id = w.created_by), w.created_by::text)
        as created_by,
      c.seq, greatest(0, coalesce(h.seq, 0) - c.seq) as behind, c.attempts, c.next_at, c.failing_since
    from webhooks w
    join webhook_cursors c on c.webhook_id = w.id
    left join event_heads h on h.tenant_id = w.tenant_id
    ${rest}
  `.execute(db);
  return rows;
}

/** The tenant's endpoints, oldest first, with how far each has been told. */
export async function listWebhooks(
  db: Executor,
  filter: { tenantId: string; cursor?: string | undefined; limit: number },
) {
  const after = decodeCursor(filter.cursor)?.[0] ?? null;
  const rows = await select(
    db,
    sql`where w.tenant_id = ${filter.tenantId}::uuid and (${after}::uuid is null or w.id > ${after}::uuid)
      order by w.id limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

export async function countWebhooks(db: Executor, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from webhooks where tenant_id = ${tenantId}::uuid
  `.execute(db);
  return rows[0]?.n ?? 0;
}

export async function findWebhook(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<WebhookRecord | undefined> {
  const rows = await select(db, sql`where w.tenant_id = ${tenantId}::uuid and w.id = ${id}::uuid`);
  return rows[0];
}
