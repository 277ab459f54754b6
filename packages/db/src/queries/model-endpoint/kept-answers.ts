import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import type { Claims } from "./callers.ts";

export interface KeptAnswerRecord {
  provider: string;
  model: string;
  answer: unknown;
  call_id: string;
  created_at: Date;
}

export async function findKeptAnswer(
  db: Executor,
  claims: Claims,
  key: { tenantId: string; digest: string },
): Promise<KeptAnswerRecord | undefined> {
  const { rows } = await sql<KeptAnswerRecord>`
    select provider, model, answer, call_id, created_at
    from app.find_kept_answer(${JSON.stringify(claims)}::jsonb, ${key.tenantId}::uuid, ${key.digest})
  `.execute(db);
  return rows[0];
}

/** What is compared by meaning: the newest of the same scope. */
export async function nearKeptAnswers(
  db: Executor,
  claims: Claims,
  of: { tenantId: string; scope: string; embeddingModel: string; limit: number },
): Promise<{ digest: string; embedding: Buffer }[]> {
  const { rows } = await sql<{ digest: string; embedding: Buffer }>`
    select digest, embedding from app.near_kept_answers(
      ${JSON.stringify(claims)}::jsonb, ${of.tenantId}::uuid, ${of.scope}, ${of.embeddingModel}, ${of.limit})
  `.execute(db);
  return rows;
}

export interface AnswerToKeep {
  readonly tenant_id: string;
  readonly digest: string;
  readonly scope: string;
  readonly provider: string;
  readonly model: string;
  readonly answer: unknown;
  readonly embedding_model: string | null;
  readonly call_id: string;
}

export async function keepModelAnswer(
  db: Executor,
  claims: Claims,
  answer: AnswerToKeep,
  options: { embedding: Buffer | null; seconds: number },
): Promise<void> {
  await sql`
    select app.keep_model_answer(${JSON.stringify(claims)}::jsonb, ${JSON.stringify(answer)}::jsonb, ${options.embedding}::bytea, ${options.seconds})
  `.execute(db);
}

/** Forgets what was kept of a tenant; answers how many. */
export async function forgetKeptAnswers(db: Executor, tenantId: string): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from model_cache where tenant_id = ${tenantId}::uuid
  `.execute(db);
  return Number(numAffectedRows ?? 0);
}
