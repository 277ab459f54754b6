import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** Set for the one statement that they come with: what row level security and its checks go by. */
export type Claims = Readonly<Record<string, string>>;

export interface ModelCallerRecord {
  agent_id: string;
  tenant_id: string;
  name: string;
  scopes: string[];
  settings: unknown;
}

/** The agent behind a key, by the key's digest or by its id, with what its tenant says of the endpoint. Before any claim is set. */
export async function findModelCaller(
  db: Executor,
  key: { sha256: string } | { id: string },
): Promise<ModelCallerRecord | undefined> {
  const sha256 = "sha256" in key ? key.sha256 : null;
  const id = "id" in key ? key.id : null;
  const { rows } = await sql<ModelCallerRecord>`
    select agent_id, tenant_id, name, scopes, settings from app.model_caller(${sha256}, ${id}::uuid)
  `.execute(db);
  return rows[0];
}

/** The same of a person whom the sign-in service vouches for; in their oldest tenant unless one is named. */
export async function findModelMember(
  db: Executor,
  userId: string,
  tenantId: string | null,
): Promise<{ tenant_id: string; role: string; settings: unknown } | undefined> {
  const { rows } = await sql<{ tenant_id: string; role: string; settings: unknown }>`
    select tenant_id, role, settings from app.model_member(${userId}::uuid, ${tenantId}::uuid)
  `.execute(db);
  return rows[0];
}

/** The run of a step that this caller may charge to; undefined where it may not. */
export async function findRunToCharge(
  db: Executor,
  claims: Claims,
  step: { tenantId: string; stepId: string },
): Promise<string | undefined> {
  const { rows } = await sql<{ run_id: string | null }>`
    select app.model_call_run(${JSON.stringify(claims)}::jsonb, ${step.tenantId}::uuid, ${step.stepId}::uuid) as run_id
  `.execute(db);
  return rows[0]?.run_id ?? undefined;
}
