import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { NofxError } from "@nofx/core/errors";
import type { Storage } from "../storage/storage.ts";
import type { AuditStore } from "./audit-store.ts";

const DIGESTS = 100;
/** Of a large plan a snapshot is several megabytes. */
const SNAPSHOTS = 4;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Where a digest lies in the bucket `digests`. */
export const digestPath = (tenant: string, n: number) =>
  `${tenant}/${String(n).padStart(10, "0")}.json`;

/** Where a snapshot lies in the bucket `snapshots`. */
export const snapshotPath = (tenant: string, plan: string, digest: string) =>
  `${tenant}/${plan}/${digest}.json.gz`;

/** Puts digests into storage, outside the database; answers how many. */
export async function shipDigests(
  store: Pick<AuditStore, "toShip" | "shipped">,
  storage: Storage,
): Promise<number> {
  const due = await store.toShip(DIGESTS);
  for (const digest of due) {
    const { tenant, n } = digest;
    const bytes = Buffer.from(`${JSON.stringify(digest)}\n`);
    await storage
      .forTenant(tenant)
      .put("digests", digestPath(tenant, n), bytes, "application/json");
    await store.shipped(digest);
  }
  return due.length;
}

/** Moves snapshots to storage: a text leaves the database once it has been read back. Answers how many. */
export async function storeSnapshots(
  store: Pick<AuditStore, "snapshots" | "snapshotStored">,
  storage: Storage,
): Promise<number> {
  const due = await store.snapshots(SNAPSHOTS);
  for (const { id, tenant_id, plan_id, digest, body } of due) {
    const files = storage.forTenant(tenant_id);
    const path = snapshotPath(tenant_id, plan_id, digest);
    await files.put("snapshots", path, await pack(body), "application/gzip");
    if (sha256(await readSnapshot(storage, tenant_id, path)) !== digest) {
      throw new NofxError("unavailable", { detail: `Snapshot ${digest} was not stored whole.` });
    }
    await store.snapshotStored(id);
  }
  return due.length;
}

/** The text of a snapshot in storage; empty where there is none. */
export async function readSnapshot(
  storage: Storage,
  tenant: string,
  path: string,
): Promise<string> {
  const bytes = await storage.forTenant(tenant).get("snapshots", path);
  return bytes === undefined ? "" : (await unpack(bytes)).toString("utf8");
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
