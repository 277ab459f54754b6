import { sql } from "kysely";
import type { AuditDigest, AuditEntry } from "@nofx/core/audit";
import type { Executor } from "../executor.ts";

/** Entries of a stretch of a tenant's chain, oldest first. */
export async function readChain(
  db: Executor,
  range: { tenantId: string; from: number; to: number; limit: number },
): Promise<AuditEntry[]> {
  const { rows } = await sql<AuditEntry>`
    select l.seq, l.prev_hash as prev, l.hash, app.audit_time(l.at) as at, l.verb, l.actor_type || ':' || l.actor_id as actor, l.body
    from audit_log l
    where l.tenant_id = ${range.tenantId}::uuid and l.seq between ${range.from} and ${range.to}
    order by l.seq limit ${range.limit}
  `.execute(db);
  return rows;
}

/** Signed digests that end within a stretch of the chain, in their order. */
export async function readDigests(
  db: Executor,
  range: { tenantId: string; endFrom: number; endTo: number; upTo: number },
): Promise<AuditDigest[]> {
  const { rows } = await sql<Omit<AuditDigest, "format">>`
    select d.tenant_id as tenant, d.n, d.from_seq as "from", d.to_seq as "to", d.count, d.head_hash as "headHash",
      d.previous_signature as "previousSignature", app.audit_time(d.at) as at, d.kid, d.signature
    from audit_digests d
    where d.tenant_id = ${range.tenantId}::uuid and d.to_seq between ${range.endFrom} and ${range.endTo} and d.n <= ${range.upTo}
    order by d.n
  `.execute(db);
  return rows.map(toDigest);
}

export interface AuditHeadRecord {
  seq: number;
  hash: string | null;
  digest: AuditDigest | null;
  shippedAt: Date | null;
}

/** How far a tenant's chain has come, and its newest signed digest. */
export async function readAuditHead(db: Executor, tenantId: string): Promise<AuditHeadRecord> {
  const { rows } = await sql<
    Omit<AuditDigest, "format"> & { seq: number | null; hash: string | null; shipped_at: Date }
  >`
    select h.seq, h.hash, d.tenant_id as tenant, d.n, d.from_seq as "from", d.to_seq as "to", d.count, d.head_hash as "headHash",
      d.previous_signature as "previousSignature", app.audit_time(d.at) as at, d.kid, d.signature, d.shipped_at
    from audit_heads h
    left join lateral (select * from audit_digests g where g.tenant_id = h.tenant_id order by g.n desc limit 1) d on true
    where h.tenant_id = ${tenantId}::uuid
  `.execute(db);
  const [row] = rows;
  if (row === undefined) return { seq: 0, hash: null, digest: null, shippedAt: null };
  const { seq, hash, shipped_at: shippedAt, ...digest } = row;
  const signed = digest.n === null ? null : toDigest(digest);
  return { seq: seq ?? 0, hash, digest: signed, shippedAt: signed === null ? null : shippedAt };
}

/** Asks for a digest out of turn. */
export async function requestDigest(db: Executor, tenantId: string): Promise<void> {
  await sql`
    insert into audit_digest_requests (tenant_id, at) values (${tenantId}::uuid, clock_timestamp())
    on conflict (tenant_id) do update set at = clock_timestamp()
  `.execute(db);
}

/** Which keys signed the digests that end within a stretch, and the number of the last of them. */
export async function digestKeys(
  db: Executor,
  range: { tenantId: string; endFrom: number; endTo: number },
): Promise<{ kids: string[]; last: number }> {
  const { rows } = await sql<{ kids: string[]; last: number | null }>`
    select coalesce(array_agg(distinct d.kid), '{}') as kids, max(d.n) as last from audit_digests d
    where d.tenant_id = ${range.tenantId}::uuid and d.to_seq between ${range.endFrom} and ${range.endTo}
  `.execute(db);
  return { kids: (rows[0]?.kids ?? []).toSorted(), last: rows[0]?.last ?? 0 };
}

function toDigest(row: Omit<AuditDigest, "format">): AuditDigest {
  const { tenant, headHash, previousSignature, at, kid, signature } = row;
  return {
    format: "nofx.audit.digest.v1",
    tenant,
    n: row.n,
    from: row.from,
    to: row.to,
    count: row.count,
    headHash,
    previousSignature,
    at,
    kid,
    signature,
  };
}
