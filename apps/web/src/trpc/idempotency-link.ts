import type { Operation, TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

const CONTEXT_KEY = "idempotencyKey";

/** A key nobody else makes. Works on plain http too, where `crypto.randomUUID` is missing. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Gives every mutation a key of its own, before anything that repeats requests: a repeated one carries the same key
 * and is carried out once. A caller that repeats by itself passes its key in the operation's context.
 */
export function idempotencyLink<TRouter extends AnyTRPCRouter>(
  newKey: () => string = newIdempotencyKey,
): TRPCLink<TRouter> {
  return () =>
    ({ op, next }) => {
      if (op.type !== "mutation" || typeof op.context[CONTEXT_KEY] === "string") return next(op);
      return next({ ...op, context: { ...op.context, [CONTEXT_KEY]: newKey() } });
    };
}

/** The headers of one operation. */
export function idempotencyHeaders(op: Operation): Record<string, string> {
  const key = op.context[CONTEXT_KEY];
  return typeof key === "string" ? { "idempotency-key": key } : {};
}
