import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import { ClaimedStepRow } from "./claimed-step.ts";
import type { EngineDb } from "./engine-db.ts";

const PushLease = z.object({
  agent_id: z.string(),
  tenant_id: z.string(),
  url: z.string(),
  /** What tokens for it name, and what they are for. */
  key_id: z.string(),
  scopes: z.array(z.string()),
  secrets: z.array(z.string()),
  timeout_seconds: z.number(),
  /** Calls in vain since the last that was taken. */
  attempts: z.number(),
  steps: z.array(ClaimedStepRow),
});
/** An agent that is a function, and what was claimed for it. */
export type PushLease = z.infer<typeof PushLease>;

/** How a call of a function ended, as far as its endpoint is concerned. */
export type PushOutcome = "taken" | "busy" | "failed" | "gone";

export interface PushAsk {
  readonly limit: number;
  readonly batch: number;
  readonly leaseMs: number;
  /** Tenants whose functions keep enough of the caller's calls busy. */
  readonly without?: readonly string[] | undefined;
}

/** Claims for functions that are due and have room, `batch` steps each at most. */
export async function pushClaim(
  db: EngineDb,
  { limit, batch, leaseMs, without = [] }: PushAsk,
): Promise<PushLease[]> {
  const { rows } =
    await sql`select * from engine.push_claim(${limit}, ${batch}, ${leaseMs}, ${[...without]}::uuid[])`.execute(
      db,
    );
  return z.array(PushLease).parse(rows);
}

/** Notes how a call ended; the endpoint rests, or is disabled. */
export async function pushNoted(
  db: EngineDb,
  agentId: string,
  noted: { outcome: PushOutcome; restMs: number; giveUpMs: number; error: string | null },
): Promise<"well" | "rests" | "disabled"> {
  const { outcome, restMs, giveUpMs, error } = noted;
  return z
    .enum(["well", "rests", "disabled"])
    .parse(
      await callOne(
        db,
        sql`select engine.push_noted(${agentId}::uuid, ${outcome}, ${Math.ceil(restMs)}::bigint, ${giveUpMs}::bigint, ${error}) as value`,
      ),
    );
}
