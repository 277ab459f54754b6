import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { claimKey, type KeyClaim, type StoredAnswer } from "@nofx/db/queries";
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
  const fingerprint = fingerprintOf(ctx, request);
  const claimed = { tenantId: ctx.tenantId, route: request.route, key };
  const answered = answerOf<T>(ctx, await claimKey(tx.db, claimed), fingerprint);
  if (answered !== undefined) return answered.value;
  const value = await work(fingerprint);
  if (options.keep?.(value) !== false) tx.keepAnswer(claimed, fingerprint, { value });
  return value;
}

/** What tells the requests of a route apart: the body, and whose it is. An answer given to one is not another's. */
export function fingerprintOf(
  { plane, actor }: CallerContext,
  { route, body }: { route: string; body: unknown },
): string {
  return plane.sha256(fingerprintText([route, body ?? null, actor.type, actor.id]));
}

/** The answer that was given before; nothing where the key is ours to use. Refuses what is under way or of another body. */
export function answerOf<T>(
  ctx: CallerContext,
  { locked, known }: KeyClaim,
  fingerprint: string,
): { value: T } | undefined {
  if (known?.valid === true) return { value: replay(ctx, known, fingerprint) };
  if (locked) return undefined;
  throw new NofxError("idempotency_in_flight", {
    detail: "Ask again in a second.",
    retryAfterSeconds: 1,
  });
}

function replay<T>(ctx: CallerContext, stored: StoredAnswer, fingerprint: string): T {
  if (stored.fingerprint !== fingerprint) {
    throw new NofxError("idempotency_key_reused", {
      detail: "Somebody used this key for another request. Use a new key for yours.",
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
