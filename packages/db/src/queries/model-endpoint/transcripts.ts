import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import type { Claims } from "./callers.ts";

export interface TranscriptToKeep {
  readonly call_id: string;
  readonly tenant_id: string;
  readonly request: unknown;
  readonly answer: unknown;
  readonly redacted: number;
}

export async function keepTranscript(
  db: Executor,
  claims: Claims,
  transcript: TranscriptToKeep,
  days: number,
): Promise<void> {
  await sql`
    select app.keep_transcript(${JSON.stringify(claims)}::jsonb, ${JSON.stringify(transcript)}::jsonb, ${days})
  `.execute(db);
}

export interface TranscriptRecord {
  call_id: string;
  request: unknown;
  answer: unknown;
  redacted: number;
  created_at: Date;
  expires_at: Date;
}

export async function findTranscript(
  db: Executor,
  of: { tenantId: string; callId: string },
): Promise<TranscriptRecord | undefined> {
  const { rows } = await sql<TranscriptRecord>`
    select call_id, request, answer, redacted, created_at, expires_at from model_transcripts
    where tenant_id = ${of.tenantId}::uuid and call_id = ${of.callId}::uuid
  `.execute(db);
  return rows[0];
}

/** Before its time. False where there is none. */
export async function forgetTranscript(
  db: Executor,
  of: { tenantId: string; callId: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from model_transcripts where tenant_id = ${of.tenantId}::uuid and call_id = ${of.callId}::uuid
  `.execute(db);
  return Number(numAffectedRows ?? 0) > 0;
}
