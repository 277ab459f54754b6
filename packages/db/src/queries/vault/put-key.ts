import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** Holds the active key of these fields, or its place, until the transaction ends. */
export async function holdKey(
  db: Executor,
  key: { tenantId: string; provider: string; name: string },
): Promise<{ key_id: string; version: number } | undefined> {
  const { rows } = await sql<{ key_id: string; version: number }>`
    select * from app.hold_key(${key.tenantId}::uuid, ${key.provider}, ${key.name})
  `.execute(db);
  return rows[0];
}

export interface NewKeyVersion {
  readonly tenantId: string;
  readonly keyId: string;
  readonly versionId: string;
  readonly provider: string;
  readonly name: string;
  readonly version: number;
  readonly jwe: object;
  readonly digest: string;
  readonly hint: string;
  /** Undefined: as it was. */
  readonly note: string | undefined;
  readonly overlapSeconds: number;
  readonly by: string;
}

/** Stores the next version of a held key. False: its KEK is no longer the one to write with, and nothing was stored. */
export async function putKeyVersion(db: Executor, key: NewKeyVersion): Promise<boolean> {
  const { rows } = await sql<{ put: boolean }>`
    select app.put_key(${key.tenantId}::uuid, ${key.keyId}::uuid, ${key.versionId}::uuid, ${key.provider}, ${key.name}, ${key.version},
      ${JSON.stringify(key.jwe)}::jsonb, ${key.digest}, ${key.hint}, ${key.note ?? null}, ${key.overlapSeconds}, ${key.by}::uuid) as put
  `.execute(db);
  return rows[0]?.put === true;
}

/** Destroys the secrets of a key. False: it is not active. */
export async function retireSecureKey(
  db: Executor,
  key: { tenantId: string; keyId: string; by: string },
): Promise<boolean> {
  const { rows } = await sql<{ retired: boolean }>`
    select app.retire_key(${key.tenantId}::uuid, ${key.keyId}::uuid, ${key.by}::uuid) as retired
  `.execute(db);
  return rows[0]?.retired === true;
}
