import { NofxError } from "@nofx/core/errors";
import { countQueued, listCeilings, type Ceiling } from "@nofx/db/queries";
import type { CallerContext } from "../command/context.ts";
import type { Plane } from "../command/plane.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/** A count takes a fiftieth of the time, as long as the ceiling is far. */
const PAUSE_AFTER_COUNT = 50;
const NEAR = 0.8;
const LONGEST_MS = 1_000;
const RETRY_SECONDS = 5;

interface Estimate {
  queued: number;
  until: number;
}
const estimates = new WeakMap<Plane, Map<string, Estimate>>();

/**
 * Refuses with `queue_full` what would raise the number of queued steps above a ceiling. `asked`: how many steps, by queue. To be
 * called before anything is written, in the transaction that writes it.
 */
export async function admit(
  ctx: CallerContext,
  tx: CommandTransaction,
  asked: ReadonlyMap<string, number>,
): Promise<void> {
  const count: Count = (ceiling) => countQueued(tx.db, ctx.tenantId, ceiling, ceiling.max_queued);
  await admitUnder(ctx, await listCeilings(tx.db, ctx.tenantId), asked, count);
}

/** How many steps a ceiling finds queued. */
export type Count = (ceiling: Ceiling) => Promise<number>;

/**
 * The same, by ceilings that are known. Below four fifths of one it trusts the last count for a while and adds what it has let
 * in since; nearer than that it counts each time. Processes do not know of each other's, so together they may go over by what they
 * let in at the same time: it is a dam, not an account.
 */
export async function admitUnder(
  ctx: CallerContext,
  ceilings: readonly Ceiling[],
  asked: ReadonlyMap<string, number>,
  count: Count,
): Promise<void> {
  for (const ceiling of ceilings) {
    const more = [...asked].reduce(
      (sum, [queue, n]) => (ceiling.queue === null || ceiling.queue === queue ? sum + n : sum),
      0,
    );
    if (more === 0) continue;
    if (more > ceiling.max_queued) throw tooMuchAtOnce(ceiling, more);
    const known = estimateOf(ctx, ceiling);
    const { clock } = ctx.plane;
    if (clock.now() >= known.until || known.queued + more > NEAR * ceiling.max_queued) {
      const began = clock.now();
      known.queued = await count(ceiling);
      const took = clock.now() - began;
      known.until = clock.now() + Math.min(LONGEST_MS, took * PAUSE_AFTER_COUNT);
      if (known.queued + more > ceiling.max_queued) throw full(ceiling);
    }
    known.queued += more;
  }
}

/** How many steps go into each queue. */
export function countByQueue(steps: readonly { queue: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { queue } of steps) counts.set(queue, (counts.get(queue) ?? 0) + 1);
  return counts;
}

function estimateOf({ plane, tenantId }: CallerContext, ceiling: Ceiling): Estimate {
  let known = estimates.get(plane);
  if (known === undefined) estimates.set(plane, (known = new Map()));
  const key = `${ceiling.id} ${ceiling.plane ? "" : tenantId}`;
  let estimate = known.get(key);
  if (estimate === undefined) known.set(key, (estimate = { queued: 0, until: -Infinity }));
  return estimate;
}

const named = ({ plane, queue }: Ceiling) =>
  queue === null
    ? plane
      ? "The plane"
      : "This tenant"
    : `The queue "${queue}"${plane ? " of the plane" : ""}`;

function full(ceiling: Ceiling): NofxError {
  const { plane, max_queued: limit, queue } = ceiling;
  return new NofxError("queue_full", {
    detail: `${named(ceiling)} takes no more than ${limit.toLocaleString("en")} queued steps. Send it again, under the same Idempotency-Key, when some of them are done${plane ? "" : `; or let people raise the ceiling: nofx queues limit --max-queued`}.`,
    data: { queue, limit },
    retryAfterSeconds: RETRY_SECONDS,
  });
}

function tooMuchAtOnce(ceiling: Ceiling, asked: number): NofxError {
  const { max_queued: limit, queue } = ceiling;
  return new NofxError("queue_full", {
    detail: `${named(ceiling)} takes no more than ${limit.toLocaleString("en")} queued steps, and these are ${asked.toLocaleString("en")}: it would never fit. Send less at a time, or let people raise the ceiling.`,
    data: { queue, limit },
    retryAfterSeconds: RETRY_SECONDS,
  });
}
