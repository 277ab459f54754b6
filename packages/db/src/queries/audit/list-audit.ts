import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface AuditRecord {
  seq: number;
  at: string;
  verb: string;
  actor_type: string;
  actor_id: string;
  actor_name: string | null;
  body: string;
  hash: string;
  prev_hash: string;
}

export interface AuditFilter {
  tenantId: string;
  seq?: number | undefined;
  /** With a dot at its end: all that begin so. */
  verb?: string | undefined;
  actorType?: string | undefined;
  actor?: string | undefined;
  /** A text that the body holds. */
  subject?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  seals: boolean;
  cursor?: string | undefined;
  limit: number;
}

/** Entries of the audit log, newest first. */
export async function listAudit(db: Executor, filter: AuditFilter) {
  const before = decodeCursor(filter.cursor)?.[0] ?? null;
  const { seq = null, verb = null, actorType = null, actor = null, subject = null } = filter;
  const { rows } = await sql<AuditRecord>`
    select l.seq, app.audit_time(l.at) as at, l.verb, l.actor_type, l.actor_id, coalesce(m.name, g.name) as actor_name, l.body, l.hash,
      l.prev_hash
    from audit_log l
    left join members m on l.actor_type = 'member' and m.tenant_id = l.tenant_id and m.user_id::text = l.actor_id
    left join agent_registry g on l.actor_type = 'agent' and g.tenant_id = l.tenant_id and g.id::text = l.actor_id
    where l.tenant_id = ${filter.tenantId}::uuid
      and (${before}::bigint is null or l.seq < ${before}::bigint)
      and (${seq}::bigint is null or l.seq = ${seq}::bigint)
      and (${filter.seals}::boolean or l.verb <> 'events.sealed')
      and (${verb}::text is null or l.verb = ${verb} or (right(${verb}, 1) = '.' and starts_with(l.verb, ${verb})))
      and (${actorType}::text is null or l.actor_type = ${actorType})
      and (${actor}::text is null or l.actor_id = ${actor} or strpos(lower(coalesce(m.name, g.name)), lower(${actor})) > 0)
      and (${subject}::text is null or strpos(l.body, ${subject}) > 0)
      and (${filter.from ?? null}::timestamptz is null or l.at >= ${filter.from ?? null}::timestamptz)
      and (${filter.to ?? null}::timestamptz is null or l.at <= ${filter.to ?? null}::timestamptz)
    order by l.seq desc limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.seq]);
}
