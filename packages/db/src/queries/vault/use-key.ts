import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface KeyUser {
  readonly tenantId: string;
  readonly provider: string;
  readonly name: string;
  readonly actorType: string;
  readonly actorId: string;
  readonly runId: string | null;
  readonly stepId: string | null;
}

/** A key as it is stored, beside what the audit says was put there. Null is what should be there and is not. */
export interface HandedKey {
  readonly key_id: string;
  readonly version_id: string | null;
  readonly version: number;
  readonly jwe: unknown;
  readonly digest: string | null;
  readonly kek_status: string | null;
}

/** Hands out the key that is in force and notes the use, in one statement. Undefined where there is none. */
export async function takeKey(
  db: Executor,
  user: KeyUser & { purpose: string; except: string | null },
): Promise<HandedKey | undefined> {
  const { rows } = await sql<HandedKey>`
    select * from app.use_key(${user.tenantId}::uuid, ${user.provider}, ${user.name}, ${user.actorType}, ${user.actorId},
      ${user.runId}::uuid, ${user.stepId}::uuid, ${user.purpose}, ${user.except}::uuid)
  `.execute(db);
  return rows[0];
}

/** Notes that a key that was handed out could not be opened. */
export async function noteRefusedKey(
  db: Executor,
  user: KeyUser,
  key: { keyId: string; version: number; why: string },
): Promise<void> {
  await sql`
    select app.note_refused_key(${user.tenantId}::uuid, ${key.keyId}::uuid, ${key.version}, ${user.provider}, ${user.name},
      ${user.actorType}, ${user.actorId}, ${user.runId}::uuid, ${user.stepId}::uuid, ${key.why})
  `.execute(db);
}
