import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface SnapshotRecord {
  plan_id: string;
  kind: "judged" | "decided" | "overridden" | "executed";
  digest: string;
  size: number;
  /** Null once it lies in storage. */
  body: string | null;
  at: Date;
  stored: boolean;
}

/** Snapshots of a plan, oldest first, without their texts; or the one with a digest, with its text where that is not in storage yet. */
export async function listSnapshots(
  db: Executor,
  filter: { tenantId: string; planId?: string; digest?: string },
): Promise<SnapshotRecord[]> {
  const which =
    filter.planId === undefined
      ? sql`s.digest = ${filter.digest ?? null}`
      : sql`s.plan_id = ${filter.planId}::uuid`;
  const { rows } = await sql<SnapshotRecord>`
    select s.plan_id, s.kind, s.digest, s.size, ${filter.planId === undefined ? sql`s.body` : sql`null`} as body, s.at,
      s.stored_at is not null as stored
    from audit_snapshots s where s.tenant_id = ${filter.tenantId}::uuid and ${which} order by s.id limit 500
  `.execute(db);
  return rows;
}

/** Takes a snapshot of a plan as the transaction sees it; answers its digest. */
export async function takeSnapshot(
  db: Executor,
  of: { tenantId: string; planId: string; kind: SnapshotRecord["kind"] },
  actor: { type: string; id: string },
): Promise<string> {
  const { rows } = await sql<{ digest: string }>`
    select app.take_snapshot(${of.tenantId}::uuid, ${of.planId}::uuid, ${of.kind}, ${actor.type}, ${actor.id}) as digest
  `.execute(db);
  return rows[0]?.digest ?? "";
}
