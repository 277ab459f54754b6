import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";

export interface ReceiverRecord {
  id: string;
  name: string;
  description: string;
  acts_for: { user_id: string; name: string; email: string; member: boolean }[];
  decisions: string[];
  subjects: string[];
  status: string;
  created_by: string;
  created_at: Date;
  last_used_at: Date | null;
  last_outcome: string | null;
}

async function select(db: Executor, rest: RawBuilder<unknown>): Promise<ReceiverRecord[]> {
  const { rows } = await sql<ReceiverRecord>`
    select r.id, r.name, r.description,
      (select coalesce(jsonb_agg(jsonb_build_object('user_id', p.id, 'name', coalesce(m.name, ''), 'email', coalesce(m.email, ''),
          'member', m.id is not null) order by m.email nulls last), '[]')
        from unnest(r.acts_for) as p (id) left join members m on m.tenant_id = r.tenant_id and m.user_id = p.id) as acts_for,
      r.decisions, r.subjects, r.status, r.created_at,
      coalesce((select m.name from members m where m.tenant_id = r.tenant_id and m.user_id = r.created_by), r.created_by::text)
        as created_by,
      l.begun_at as last_used_at, l.outcome as last_outcome
    from inbound_receivers r
    left join lateral (
      select m.begun_at, m.outcome from inbound_messages m where m.receiver_id = r.id order by m.begun_at desc limit 1
    ) as l on true
    ${rest}
  `.execute(db);
  return rows;
}

/** The tenant's receivers by name: there are few. */
export function listReceivers(db: Executor, tenantId: string): Promise<ReceiverRecord[]> {
  return select(db, sql`where r.tenant_id = ${tenantId}::uuid order by r.name`);
}

export async function findReceiver(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<ReceiverRecord | undefined> {
  const rows = await select(db, sql`where r.tenant_id = ${tenantId}::uuid and r.id = ${id}::uuid`);
  return rows[0];
}
