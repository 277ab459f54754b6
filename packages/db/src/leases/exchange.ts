import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import { ClaimedStepRow } from "./claimed-step.ts";
import type { EngineDb } from "./engine-db.ts";
import { RenewedRow, renewalRow, type Renewal } from "./renew.ts";
import { SettleAnswer, settlementRow, type Settlement } from "./settlement.ts";

export interface ExchangeRequest {
  readonly worker: string;
  /** The version of the worker's code, for the record. */
  readonly version: string | null;
  /** What it has code for, as kind@version. */
  readonly handlers: readonly string[];
  readonly settlements: readonly Settlement[];
  readonly renewals: readonly Renewal[];
  readonly want: number;
  readonly leaseMs: number;
  /** Where to claim; the default queue of all tenants unless said otherwise. */
  readonly route?: Route | undefined;
}

/** Where a claim looks for steps. */
export interface Route {
  /** In this order. */
  readonly queues?: readonly string[];
  readonly tenants?: readonly string[];
  /** `[i, n]`: the i-th of n shards of all tenants. */
  readonly shard?: readonly [number, number];
  /** Where the last claim ended; answered by it. */
  readonly cursor?: ClaimCursor | null;
  /** Exactly these, as far as they can be claimed. */
  readonly ids?: readonly string[];
}

export const ClaimCursor = z.object({ after: z.string(), credit: z.number() });
export type ClaimCursor = z.infer<typeof ClaimCursor>;

export const ExchangeAnswer = z.object({
  settled: SettleAnswer,
  renewed: z.array(RenewedRow),
  claimed: z.array(ClaimedStepRow),
  cursor: ClaimCursor.nullable(),
});
export type ExchangeAnswer = z.infer<typeof ExchangeAnswer>;

/** One tick of a worker in one round trip: settles, renews, claims. */
export async function exchange(db: EngineDb, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const answer = ExchangeAnswer.parse(
    await callOne(
      db,
      sql`select engine.exchange(${request.worker}, ${request.version}, ${[...request.handlers]}::text[],
        ${JSON.stringify(request.settlements.map(settlementRow))}::jsonb,
        ${JSON.stringify(request.renewals.map(renewalRow))}::jsonb,
        ${request.want}, ${request.leaseMs}, ${JSON.stringify(request.route ?? {})}::jsonb) as value`,
    ),
  );
  return { ...answer, settled: { ...answer.settled, results: inFull(request, answer) } };
}

/** The answer says nothing of what settled and succeeded. */
function inFull({ settlements }: ExchangeRequest, answer: ExchangeAnswer) {
  const told = new Map(answer.settled.results.map((row) => [`${row.step_id}:${row.epoch}`, row]));
  return settlements.map(
    ({ stepId, epoch }) =>
      told.get(`${stepId}:${epoch}`) ??
      ({ step_id: stepId, epoch, result: "settled", status: "succeeded" } as const),
  );
}
