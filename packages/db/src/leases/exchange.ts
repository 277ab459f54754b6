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
}

export const ExchangeAnswer = z.object({
  settled: SettleAnswer,
  renewed: z.array(RenewedRow),
  claimed: z.array(ClaimedStepRow),
});
export type ExchangeAnswer = z.infer<typeof ExchangeAnswer>;

/** One tick of a worker in one round trip: settles, renews, claims. */
export async function exchange(db: EngineDb, request: ExchangeRequest): Promise<ExchangeAnswer> {
  return ExchangeAnswer.parse(
    await callOne(
      db,
      sql`select engine.exchange(${request.worker}, ${request.version}, ${[...request.handlers]}::text[],
        ${JSON.stringify(request.settlements.map(settlementRow))}::jsonb,
        ${JSON.stringify(request.renewals.map(renewalRow))}::jsonb,
        ${request.want}, ${request.leaseMs}) as value`,
    ),
  );
}
