import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** A message's content as it is stored, with what opens it. */
export interface ContentRecord {
  id: string;
  tenant_id: string;
  /** Of what was not sealed. */
  payload: unknown;
  sealed: Uint8Array | null;
  wrapped: Uint8Array | null;
  kek: string | null;
  redacted_at: Date | null;
  redacted_by: string | null;
  redacted_why: string | null;
  content_hash: string | null;
}

/** What opens messages; of any tenant (null) for the worker alone. */
export async function sealedContent(
  db: Executor,
  tenantId: string | null,
  ids: readonly string[],
): Promise<ContentRecord[]> {
  const { rows } = await sql<ContentRecord>`
    select * from engine.sealed_content(${tenantId}::uuid, ${[...ids]}::uuid[])
  `.execute(db);
  return rows;
}

/** The KEK to write content with; the one that is offered where none was ever used. */
export async function contentKek(
  db: Executor,
  offered: { kid: string; fingerprint: string },
): Promise<{ kid: string; fingerprint: string } | undefined> {
  const { rows } = await sql<{ kid: string; fingerprint: string }>`
    select * from engine.content_kek(${offered.kid}, ${offered.fingerprint})
  `.execute(db);
  return rows[0];
}
