import {
  type BudgetMeasure,
  type BudgetAmounts,
  type BudgetOutcome,
  type BudgetScope,
  type BudgetWindow,
  type ReserveAnswer,
  type ReserveRequest,
  type SettleAnswer,
} from "@nofx/core/budgets";
import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** The amounts as the database has them: text, so that nothing is rounded. */
type StoredAmounts = Partial<Record<BudgetMeasure, string>>;

interface StoredRefusal {
  outcome: BudgetOutcome;
  budget_id: string;
  budget_name: string;
  kind: "cap" | "rate";
  scope: BudgetScope;
  subject: string;
  measure: BudgetMeasure;
  window: BudgetWindow | "rate";
  limit: string;
  used: string;
  reserved: string;
  asked: string;
  resets_at: string | null;
  retry_after_ms: number | null;
  approval_id: string | null;
}

interface StoredReservation {
  outcome: "reserved";
  id: string;
  state: "open" | "settled" | "released";
  replayed: boolean;
}

/** What `app.reserve_budget` answers, as it is stored. */
export type StoredReserveAnswer = StoredReservation | StoredRefusal;

/** Reserves of every budget that covers it, or of none: one statement, one round trip. */
export async function reserveBudget(
  db: Executor,
  request: ReserveRequest & { id: string; claims: Readonly<Record<string, unknown>> | null },
): Promise<ReserveAnswer> {
  const { claims } = request;
  const stored = JSON.stringify(storeScopes(request.scopes));
  const { rows } = await sql<{ answer: StoredReserveAnswer }>`
    select app.reserve_budget(${claims === null ? null : JSON.stringify(claims)}::jsonb, ${request.tenantId}::uuid, ${request.id}::uuid,
      ${request.requestKey}, ${stored}::jsonb, ${JSON.stringify(storeAmounts(request.amounts))}::jsonb, ${request.leaseMs}::integer,
      ${request.wrappingUp === true}) as answer
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("the database answered nothing");
  return readReserveAnswer(row.answer);
}

/** Ends a reservation with what was really used, or with nothing at all. Undefined where there is none. */
export async function endReservation(
  db: Executor,
  reservationId: string,
  actual: BudgetAmounts | null,
): Promise<SettleAnswer | undefined> {
  const { rows } = await sql<{
    answer: { settled: boolean; late: boolean; overrun: StoredAmounts } | null;
  }>`
    select app.settle_budget(${reservationId}::uuid, ${actual === null ? null : JSON.stringify(storeAmounts(actual))}::jsonb) as answer
  `.execute(db);
  const [row] = rows;
  if (row?.answer == null) return undefined;
  return { ...row.answer, overrun: readAmounts(row.answer.overrun) };
}

/** Moves the end of the lease; false where it has ended. */
export async function renewReservation(
  db: Executor,
  reservationId: string,
  leaseMs: number,
): Promise<boolean> {
  const { rows } = await sql<{ renewed: boolean }>`
    select app.renew_reservation(${reservationId}::uuid, ${leaseMs}::integer) as renewed
  `.execute(db);
  return rows[0]?.renewed === true;
}

export function readReserveAnswer(answer: StoredReserveAnswer): ReserveAnswer {
  if (answer.outcome === "reserved") {
    const { outcome, id, state, replayed } = answer;
    return { outcome, reservationId: id, state, replayed };
  }
  return {
    outcome: answer.outcome,
    budgetId: answer.budget_id,
    budgetName: answer.budget_name,
    kind: answer.kind,
    scope: answer.scope,
    subject: answer.subject,
    measure: answer.measure,
    window: answer.window,
    limit: BigInt(answer.limit),
    used: BigInt(answer.used),
    reserved: BigInt(answer.reserved),
    asked: BigInt(answer.asked),
    resetsAt: answer.resets_at === null ? null : new Date(answer.resets_at),
    retryAfterMs: answer.retry_after_ms,
    approvalId: answer.approval_id,
  };
}

export function storeScopes(scopes: ReserveRequest["scopes"]): Record<string, string | undefined> {
  return {
    run_id: scopes.runId,
    step_id: scopes.stepId,
    agent_id: scopes.agentId,
    team: scopes.teamId,
    model: scopes.model,
  };
}

export function storeAmounts({ fanOut, ...amounts }: BudgetAmounts): StoredAmounts {
  const all: Partial<Record<BudgetMeasure, bigint | number | undefined>> = {
    ...amounts,
    fan_out: fanOut,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, amount]) =>
      amount === undefined ? [] : [[name, String(amount)]],
    ),
  );
}

function readAmounts({ usd, fan_out: fanOut, ...counts }: StoredAmounts): BudgetAmounts {
  return {
    ...(usd !== undefined && { usd: BigInt(usd) }),
    ...(fanOut !== undefined && { fanOut: Number(fanOut) }),
    ...Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)])),
  };
}
