import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { sql } from "kysely";
import type { CallerContext } from "./context.ts";
import type { CommandTransaction } from "./transaction.ts";

const USABLE = /^[\x21-\x7e]{1,255}$/;

/** The key of a request that changes something, or the error that says how to give one. */
export function requireIdempotencyKey(key: string | undefined): string {
  if (key === undefined || key === "") {
    throw new NofxError("idempotency_key_required", {
      detail:
        "Send an Idempotency-Key header: any unique text, the same again when you repeat the request.",
    });
  }
  if (!USABLE.test(key)) {
    throw new NofxError("idempotency_key_invalid", {
      detail: "An Idempotency-Key has 1 to 255 visible ASCII characters and no spaces.",
    });
  }
  return key;
}

/**
 * Runs `work` once a key. The answer is stored in the transaction of the work, so both are there or neither is. The same
 * key with the same body gets the stored answer; with another body 422; while the first still runs 409. Refusals throw,
 * roll back and store nothing: a key is not burnt by bad input. (Semantics: IETF draft Idempotency-Key.)
 */
export async function onceByKey<T>(
  ctx: CallerContext,
  tx: CommandTransaction,
  request: { route: string; body: unknown },
  work: (fingerprint: string) => Promise<T>,
  options: {
    /** An answer that changed nothing, an empty claim say, need not be kept: the key stays unused. */
    keep?: (value: T) => boolean;
  } = {},
): Promise<T> {
  const key = requireIdempotencyKey(ctx.idempotencyKey);
  const fingerprint = ctx.plane.sha256(fingerprintText([request.route, request.body ?? null]));
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`${ctx.tenantId}|${request.route}|${key}`}, 0)) as locked
  `.execute(tx.db);
  // looked for after the lock: whoever had it before has committed. Without the lock too: an answer that is there is given
  const known = await findAnswer(ctx, tx, { ...request, key });
  if (known?.valid === true) return replay(ctx, known, fingerprint);
  if (rows[0]?.locked !== true) {
    throw new NofxError("idempotency_in_flight", {
      detail: "Ask again in a second.",
      retryAfterSeconds: 1,
    });
  }
  // a key that has expired is a new key: its old answer must not keep the new one from being stored
  if (known !== undefined) {
    await tx.db
      .deleteFrom("idempotency_keys")
      .where("tenant_id", "=", ctx.tenantId)
      .where("route", "=", request.route)
      .where("key", "=", key)
      .execute();
  }
  const value = await work(fingerprint);
  if (options.keep?.(value) === false) return value;
  await sql`
    insert into idempotency_keys (tenant_id, route, key, fingerprint, response)
    values (${ctx.tenantId}, ${request.route}, ${key}, ${fingerprint}, ${JSON.stringify({ value })}::jsonb)
    on conflict (tenant_id, route, key) do nothing
  `.execute(tx.db);
  return value;
}

interface StoredAnswer {
  readonly fingerprint: string;
  readonly response: unknown;
  /** Not expired. */
  readonly valid: boolean;
}

function findAnswer(
  ctx: CallerContext,
  tx: CommandTransaction,
  { route, key }: { route: string; key: string },
): Promise<StoredAnswer | undefined> {
  return tx.db
    .selectFrom("idempotency_keys")
    .select(["fingerprint", "response", sql<boolean>`expires_at > clock_timestamp()`.as("valid")])
    .where("tenant_id", "=", ctx.tenantId)
    .where("route", "=", route)
    .where("key", "=", key)
    .executeTakeFirst();
}

function replay<T>(ctx: CallerContext, stored: StoredAnswer, fingerprint: string): T {
  if (stored.fingerprint !== fingerprint) {
    throw new NofxError("idempotency_key_reused", {
      detail: "Use a new key for a different request.",
    });
  }
  ctx.replayed = true;
  return (stored.response as { value: T }).value;
}

/** What canonical JSON refuses (lone surrogates, Infinity) is refused later with its place; it only has to be told apart here. */
function fingerprintText(value: unknown): string {
  try {
    return canonicalJson(value);
  } catch {
    return JSON.stringify(value);
  }
}
