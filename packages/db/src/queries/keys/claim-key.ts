import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";

export interface StoredAnswer {
  readonly fingerprint: string;
  readonly response: unknown;
  /** Not expired. */
  readonly valid: boolean;
}

/** How the key of a request was found: ours until the transaction ends, or somebody's; and the answer that was given under it. */
export interface KeyClaim {
  readonly locked: boolean;
  readonly known: StoredAnswer | null;
}

export interface RequestKey {
  readonly tenantId: string;
  readonly route: string;
  readonly key: string;
}

/** Takes a request's key, where nobody else has it. */
export async function claimKey(
  db: Executor,
  { tenantId, route, key }: RequestKey,
): Promise<KeyClaim> {
  const { rows } = await sql<{ value: KeyClaim }>`
    select app.claim_key(${tenantId}::uuid, ${route}, ${key}) as value
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("app.claim_key answered nothing");
  return row.value;
}

/** The call that stores an answer, for a statement that does more. */
export function keepAnswer(
  { tenantId, route, key }: RequestKey,
  fingerprint: string,
  response: unknown,
): RawBuilder<void> {
  return sql`app.keep_answer(${tenantId}::uuid, ${route}, ${key}, ${fingerprint}, ${JSON.stringify(response)}::jsonb)`;
}
