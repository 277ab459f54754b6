import { NofxError } from "@nofx/core/errors";

const MOST_WAITING = 20;
const last = new Map<string, { waiting: number; turn: Promise<unknown> }>();

/**
 * What a tenant tries out, one at a time: the evaluator is shared by all tenants of the process, and so each of them has at most
 * one trial in its queue.
 */
export async function inTurn<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
  const line = last.get(tenantId) ?? { waiting: 0, turn: Promise.resolve() };
  if (line.waiting >= MOST_WAITING) {
    throw new NofxError("rate_limited", {
      detail: "Too many conditions of this tenant are being tried. Try again in a few seconds.",
      retryAfterSeconds: 5,
    });
  }
  line.waiting += 1;
  last.set(tenantId, line);
  const result = line.turn.then(work);
  line.turn = result.catch(() => undefined);
  try {
    return await result;
  } finally {
    line.waiting -= 1;
    if (line.waiting === 0) last.delete(tenantId);
  }
}
