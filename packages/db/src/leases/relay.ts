import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

const RelayEvent = z.looseObject({ seq: z.number(), id: z.string(), type: z.string() });
/** A sealed event: its sequence, and the message that it is (Message Schema v1). */
export type RelayEvent = z.infer<typeof RelayEvent>;

const RelayLease = z.object({
  webhook_id: z.string(),
  tenant_id: z.string(),
  url: z.string(),
  secrets: z.array(z.string()),
  version: z.coerce.number(),
  attempts: z.number(),
  scanned_to: z.coerce.number(),
  events: z.array(RelayEvent),
});
/** One endpoint that a relay may tell, and what it has to tell it. */
export type RelayLease = z.infer<typeof RelayLease>;

/** Every verb after the claim names the lease that it speaks for. */
export interface RelayHold {
  readonly webhookId: string;
  readonly version: number;
}

export interface RelayAttempt {
  readonly eventId: string;
  readonly type: string;
  readonly seq: number;
  readonly attempt: number;
  readonly httpStatus: number | null;
  readonly error: string | null;
  readonly tookMs: number;
}

export async function relayClaim(
  db: EngineDb,
  relay: string,
  ask: { limit: number; batch: number; leaseMs: number },
): Promise<RelayLease[]> {
  const { rows } =
    await sql`select * from engine.relay_claim(${relay}, ${ask.limit}, ${ask.batch}, ${ask.leaseMs})`.execute(
      db,
    );
  return z.array(RelayLease).parse(rows);
}

/** Moves the cursor to the event and renews the lease; false when the lease is another's by now. */
export async function relayDelivered(
  db: EngineDb,
  hold: RelayHold,
  attempt: RelayAttempt,
  leaseMs: number,
): Promise<boolean> {
  return z
    .boolean()
    .parse(
      await callOne(
        db,
        sql`select engine.relay_delivered(${hold.webhookId}::uuid, ${hold.version}, ${leaseMs}, ${rowOf(attempt)}::jsonb) as value`,
      ),
    );
}

export async function relayFailed(
  db: EngineDb,
  hold: RelayHold,
  attempt: RelayAttempt,
  next: { retryMs: number; gone: boolean; giveUpMs: number },
): Promise<"retry" | "disabled" | "lost"> {
  return z.enum(["retry", "disabled", "lost"]).parse(
    await callOne(
      db,
      sql`select engine.relay_failed(${hold.webhookId}::uuid, ${hold.version}, ${Math.ceil(next.retryMs)},
        ${next.gone}, ${next.giveUpMs}, ${rowOf(attempt)}::jsonb) as value`,
    ),
  );
}

/** Ends the lease; `scannedTo` lets the cursor pass what is not told to this endpoint. */
export async function relayRelease(
  db: EngineDb,
  hold: RelayHold,
  scannedTo: number | null,
): Promise<boolean> {
  return z
    .boolean()
    .parse(
      await callOne(
        db,
        sql`select engine.relay_release(${hold.webhookId}::uuid, ${hold.version}, ${scannedTo}::bigint) as value`,
      ),
    );
}

/** Clears away deliveries of more than thirty days ago. */
export async function relayPrune(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.relay_prune(${limit}) as value`));
}

function rowOf(attempt: RelayAttempt): string {
  return JSON.stringify({
    event_id: attempt.eventId,
    type: attempt.type,
    seq: attempt.seq,
    attempt: attempt.attempt,
    http_status: attempt.httpStatus,
    error: attempt.error,
    took_ms: Math.round(attempt.tookMs),
  });
}
