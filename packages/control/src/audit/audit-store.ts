import type { AuditDigest, UnsignedDigest } from "@nofx/core/audit";
import * as leases from "@nofx/db/leases";

/** What the worker that leads the audit works with. */
export interface AuditStore {
  /** What is to be signed now: of chains whose last digest is that old. */
  due(intervalSeconds: number, limit: number): Promise<UnsignedDigest[]>;
  /** Keeps what was signed; `stale_term` when another leads by now. */
  keep(term: number, digests: readonly AuditDigest[]): Promise<leases.KeptDigests>;
  toShip(limit: number): Promise<AuditDigest[]>;
  shipped(digest: AuditDigest): Promise<void>;
  snapshots(limit: number): Promise<leases.SnapshotToStore[]>;
  snapshotStored(id: string): Promise<void>;
}

export function createAuditStore(
  db: leases.EngineDb,
  call: <T>(work: Promise<T>) => Promise<T>,
): AuditStore {
  return {
    due: (seconds, limit) => call(leases.digestsDue(db, seconds, limit)),
    keep: (term, digests) => call(leases.keepDigests(db, term, digests)),
    toShip: (limit) => call(leases.digestsToShip(db, limit)),
    shipped: ({ tenant, n }) => call(leases.digestShipped(db, tenant, n)),
    snapshots: (limit) => call(leases.snapshotsToStore(db, limit)),
    snapshotStored: (id) => call(leases.snapshotStored(db, id)),
  };
}
