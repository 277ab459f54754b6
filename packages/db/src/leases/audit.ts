import { sql } from "kysely";
import { z } from "zod";
import { AuditDigest, UnsignedDigest } from "@nofx/core/audit";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

const count = z.coerce.number();
const counted = { n: count, from: count, to: count, count };
const DueDigest = UnsignedDigest.extend(counted);
const StoredDigest = AuditDigest.omit({ format: true }).extend(counted);

/** A snapshot whose text has not been moved to storage yet. */
export interface SnapshotToStore {
  readonly id: string;
  readonly tenant_id: string;
  readonly plan_id: string;
  readonly digest: string;
  readonly body: string;
}

/** What is to be signed now: of chains whose last digest is that old. */
export async function digestsDue(
  db: EngineDb,
  intervalSeconds: number,
  limit: number,
): Promise<UnsignedDigest[]> {
  const { rows } =
    await sql`select * from engine.digests_due(${intervalSeconds}, ${limit})`.execute(db);
  return z.array(DueDigest).parse(rows);
}

const KeptDigests = z.object({ kept: z.number(), refused: z.array(z.string()) });
/** How many digests are new, and the tenants whose stored chain does not follow from what was signed before. */
export type KeptDigests = z.infer<typeof KeptDigests>;

/** Keeps what the leader of a term has signed. */
export async function keepDigests(
  db: EngineDb,
  term: number,
  digests: readonly AuditDigest[],
): Promise<KeptDigests> {
  return KeptDigests.parse(
    await callOne(
      db,
      sql`select engine.keep_digests(${term}, ${JSON.stringify(digests)}::jsonb) as value`,
    ),
  );
}

export async function digestsToShip(db: EngineDb, limit: number): Promise<AuditDigest[]> {
  const { rows } = await sql`select * from engine.digests_to_ship(${limit})`.execute(db);
  return z
    .array(StoredDigest)
    .parse(rows)
    .map((row) => ({ format: "nofx.audit.digest.v1", ...row }));
}

export async function digestShipped(db: EngineDb, tenant: string, n: number): Promise<void> {
  await sql`select engine.digest_shipped(${tenant}::uuid, ${n})`.execute(db);
}

export async function snapshotsToStore(db: EngineDb, limit: number): Promise<SnapshotToStore[]> {
  const { rows } = await sql<SnapshotToStore>`
    select * from engine.snapshots_to_store(${limit})
  `.execute(db);
  return rows;
}

export async function snapshotStored(db: EngineDb, id: string): Promise<void> {
  await sql`select engine.snapshot_stored(${id}::uuid)`.execute(db);
}
