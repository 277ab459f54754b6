import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

const RelayEvent = z.looseObject({
  seq: z.number(),
  id: z.string(),
  type: z.string(),
  at: z.string(),
  payload: z.record(z.string(), z.unknown()),
});
/** A sealed event: its sequence, and the message that it is (Message Schema v1). */
export type RelayEvent = z.infer<typeof RelayEvent>;

const RelayLease = z.object({
  webhook_id: z.string(),
  tenant_id: z.string(),
  format: z.enum(["nofx", "slack", "email"]),
  url: z.string(),
  secrets: z.array(z.string()),
  version: z.coerce.number(),
  attempts: z.number(),
  scanned_to: z.coerce.number(),
  events: z.array(RelayEvent),
});
/** One endpoint that a relay may tell, and what it has to tell it. */
export type RelayLease = z.infer<typeof RelayLease>;

const RelayNotice = z.object({
  recipients: z.array(z.object({ name: z.string(), email: z.string() })),
  /** By the event's id. */
  facts: z.record(
    z.string(),
    z.object({
      plan: z.string().optional(),
      approval: z.string().optional(),
      run: z.string().optional(),
      step: z.string().optional(),
      expires_at: z.string().optional(),
    }),
  ),
});
/** What people are told beside the kinds of events, and who they are where it is a mail. */
export type RelayNotice = z.infer<typeof RelayNotice>;

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

/** Names and recipients for events that are told to people; undefined when the lease is another's by now. */
export async function relayNotice(
  db: EngineDb,
  hold: RelayHold,
  events: readonly RelayEvent[],
): Promise<RelayNotice | undefined> {
  const to = events.at(-1)?.seq ?? 0;
  const ids = events.map(({ id }) => id);
  const value = await callOne(
    db,
    sql`select engine.relay_notice(${hold.webhookId}::uuid, ${hold.version}, ${to}::bigint, ${ids}::uuid[]) as value`,
  );
  return value === null ? undefined : RelayNotice.parse(value);
}

/** Moves the cursor to the last event that a mail listed; the endpoint rests for `restMs`. False as above. */
export async function relayDigested(
  db: EngineDb,
  hold: RelayHold,
  attempts: readonly RelayAttempt[],
  restMs: number,
): Promise<boolean> {
  const rows = `[${attempts.map(rowOf).join(",")}]`;
  return z
    .boolean()
    .parse(
      await callOne(
        db,
        sql`select engine.relay_digested(${hold.webhookId}::uuid, ${hold.version}, ${Math.ceil(restMs)}::bigint, ${rows}::jsonb) as value`,
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
