import { z } from "zod";
import { ClaimedStepRow, fillClaimed } from "./claimed-step.ts";
import { callHot, type HotDb } from "./hot.ts";
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
  /** Tenants that are left out. */
  readonly not?: readonly string[];
  /** `[i, n]`: the i-th of n shards of all tenants. */
  readonly shard?: readonly [number, number];
  /** Where the last claim ended; answered by it. */
  readonly cursor?: ClaimCursor | null;
  /**
   * Of one of many workers: looks everywhere each so many milliseconds only (250 where it is left out), and between goes on where any
   * worker's last claim from the same line ended.
   */
  readonly fresh_ms?: number;
  /** Exactly these, as far as they can be claimed. */
  readonly ids?: readonly string[];
}

export const ClaimCursor = z.looseObject({ after: z.string(), credit: z.number() });
/** Where a claim ended; opaque to the caller. */
export type ClaimCursor = z.infer<typeof ClaimCursor>;

export const ExchangeAnswer = z.object({
  settled: SettleAnswer,
  renewed: z.array(RenewedRow),
  claimed: z.array(ClaimedStepRow),
  cursor: ClaimCursor.nullable(),
});
export type ExchangeAnswer = z.infer<typeof ExchangeAnswer>;

const EXCHANGE = {
  name: "engine.exchange",
  text: `select engine.exchange($1, $2, $3::text[], $4::jsonb, $5::jsonb, $6, $7, $8::jsonb) as value`,
};

/**
 * One tick of a worker in one round trip: settles, renews, claims. `settled.results` says nothing of what settled and succeeded,
 * as most does. The answer is not parsed a second time: a test holds its form against `ExchangeAnswer`.
 */
export async function exchangeBriefly(
  db: HotDb,
  request: ExchangeRequest,
): Promise<ExchangeAnswer> {
  const { settlements, renewals, route } = request;
  const answer = (await callHot(db, EXCHANGE, [
    request.worker,
    request.version,
    request.handlers,
    settlements.length === 0 ? "[]" : JSON.stringify(settlements.map(settlementRow)),
    renewals.length === 0 ? "[]" : JSON.stringify(renewals.map(renewalRow)),
    request.want,
    request.leaseMs,
    route === undefined ? "{}" : JSON.stringify(route),
  ])) as ExchangeAnswer;
  for (const row of answer.claimed) fillClaimed(row);
  return answer;
}

/** The same, with a result for each settlement. */
export async function exchange(db: HotDb, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const answer = await exchangeBriefly(db, request);
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
