import type { BudgetAmounts, ReserveAnswer, ReserveRequest } from "@nofx/core/budgets";
import { sql } from "kysely";
import {
  readReserveAnswer,
  storeAmounts,
  storeScopes,
  type StoredReserveAnswer,
} from "../budgets/reservations.ts";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";
import type { Claims } from "./callers.ts";

/** An attempt as it begins. Money is text: it is counted exactly. */
export interface BegunModelCall {
  readonly id: string;
  readonly tenant_id: string;
  readonly call_id: string;
  readonly attempt: number;
  readonly endpoint: "chat" | "responses" | "embeddings";
  readonly asked: string;
  readonly provider: string;
  readonly model: string;
  readonly region: string;
  readonly policy: string | null;
  readonly decision_digest: string | null;
  readonly reason: string | null;
  readonly run_id: string | null;
  readonly step_id: string | null;
  readonly streamed: boolean;
  readonly cache: "none" | "miss" | "exact" | "semantic";
  readonly price: object | null;
  readonly reservation_id: string | null;
  readonly traceparent: string | null;
  readonly lease_ms: number;
}

export interface EndedModelCall {
  readonly status: "succeeded" | "failed" | "abandoned";
  readonly error_code: string | null;
  readonly finish_reason: string | null;
  readonly key_id: string | null;
  readonly input_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_write_tokens: number | null;
  readonly output_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly usage_estimated: boolean;
  readonly price: object | null;
  readonly cost_pico: string | null;
  readonly latency_ms: number;
  readonly first_token_ms: number | null;
}

export async function beginModelCall(
  db: Executor,
  claims: Claims,
  call: BegunModelCall,
): Promise<void> {
  await sql`select app.begin_model_call(${JSON.stringify(claims)}::jsonb, ${JSON.stringify(call)}::jsonb)`.execute(
    db,
  );
}

/** Money is limited by this budget, and nobody knows what the model costs. */
export interface Unpriced {
  readonly outcome: "unpriced";
  readonly budgetName: string;
}

/** Reserves an attempt and writes its row, or neither: one statement. */
export async function openModelCall(
  db: Executor,
  claims: Claims,
  call: Omit<BegunModelCall, "reservation_id">,
  ask: Pick<ReserveRequest, "requestKey" | "scopes" | "amounts" | "wrappingUp"> & { id: string },
): Promise<ReserveAnswer | Unpriced> {
  const stored = {
    id: ask.id,
    key: ask.requestKey,
    scopes: storeScopes(ask.scopes),
    amounts: storeAmounts(ask.amounts),
    wrapping_up: ask.wrappingUp === true,
  };
  const { rows } = await sql<{
    answer: StoredReserveAnswer | { outcome: "unpriced"; budget_name: string };
  }>`
    select app.open_model_call(${JSON.stringify(claims)}::jsonb, ${JSON.stringify(call)}::jsonb, ${JSON.stringify(stored)}::jsonb) as answer
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("the database answered nothing");
  const { answer } = row;
  if (answer.outcome !== "unpriced") return readReserveAnswer(answer);
  return { outcome: answer.outcome, budgetName: answer.budget_name };
}

/** Settles an attempt, or gives back what was reserved, and closes its row. Answers what was there to be ended. */
export async function closeModelCall(
  db: Executor,
  of: { id: string; reservationId: string },
  end: EndedModelCall,
  actual: BudgetAmounts | null,
): Promise<{ settled: boolean; ended: boolean }> {
  const amounts = actual === null ? null : JSON.stringify(storeAmounts(actual));
  const { rows } = await sql<{ answer: { settled: boolean; ended: boolean } }>`
    select app.close_model_call(${of.id}::uuid, ${JSON.stringify(end)}::jsonb, ${of.reservationId}::uuid, ${amounts}::jsonb) as answer
  `.execute(db);
  return rows[0]?.answer ?? { settled: false, ended: false };
}

/** False where it had ended before. */
export async function endModelCall(
  db: Executor,
  id: string,
  end: EndedModelCall,
): Promise<boolean> {
  const { rows } = await sql<{ ended: boolean }>`
    select app.end_model_call(${id}::uuid, ${JSON.stringify(end)}::jsonb) as ended
  `.execute(db);
  return rows[0]?.ended === true;
}

/** An answer given again: nobody was asked. */
export async function recordKeptAnswer(
  db: Executor,
  claims: Claims,
  call: Omit<BegunModelCall, "lease_ms"> & { latency_ms: number },
): Promise<void> {
  await sql`select app.record_kept_answer(${JSON.stringify(claims)}::jsonb, ${JSON.stringify(call)}::jsonb)`.execute(
    db,
  );
}

export interface ModelCallRecord {
  id: string;
  call_id: string;
  attempt: number;
  endpoint: "chat" | "responses" | "embeddings";
  asked: string;
  provider: string;
  model: string;
  region: string;
  policy: string | null;
  reason: string | null;
  status: "under_way" | "succeeded" | "failed" | "abandoned" | "lost";
  error_code: string | null;
  finish_reason: string | null;
  streamed: boolean;
  cache: "none" | "miss" | "exact" | "semantic";
  input_tokens: number | null;
  cache_read_tokens: number | null;
  cache_write_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  usage_estimated: boolean;
  cost_pico: string | null;
  latency_ms: number | null;
  first_token_ms: number | null;
  run_id: string | null;
  step_id: string | null;
  agent_id: string | null;
  started_at: Date;
  ended_at: Date | null;
  transcript: boolean;
  at: string;
}

export interface ModelCallFilter {
  readonly tenantId: string;
  readonly runId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly callId?: string | undefined;
  readonly status?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Attempts, newest first. */
export async function listModelCalls(db: Executor, filter: ModelCallFilter) {
  const [at = null, id = null] = decodeCursor(filter.cursor) ?? [];
  const { rows } = await sql<ModelCallRecord>`
    select c.id, c.call_id, c.attempt, c.endpoint, c.asked, c.provider, c.model, c.region, c.policy, c.reason, c.status, c.error_code,
      c.finish_reason, c.streamed, c.cache, c.input_tokens, c.cache_read_tokens, c.cache_write_tokens, c.output_tokens,
      c.reasoning_tokens, c.usage_estimated, c.cost_pico::text as cost_pico, c.latency_ms, c.first_token_ms, c.run_id, c.step_id,
      c.agent_id, c.started_at, c.ended_at, exists (select from model_transcripts t where t.call_id = c.call_id) as transcript,
      c.started_at::text as at
    from model_calls c
    where c.tenant_id = ${filter.tenantId}::uuid
      and (${filter.runId ?? null}::uuid is null or c.run_id = ${filter.runId ?? null}::uuid)
      and (${filter.agentId ?? null}::uuid is null or c.agent_id = ${filter.agentId ?? null}::uuid)
      and (${filter.callId ?? null}::uuid is null or c.call_id = ${filter.callId ?? null}::uuid)
      and (${filter.status ?? null}::text is null or c.status = ${filter.status ?? null}::text)
      and (${at}::timestamptz is null or (c.started_at, c.id) < (${at}::timestamptz, ${id}::uuid))
    order by c.started_at desc, c.id desc
    limit ${filter.limit + 1}
  `.execute(db);
  return cutPage(rows, filter.limit, (row) => [row.at, row.id]);
}
