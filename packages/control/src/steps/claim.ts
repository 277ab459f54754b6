import type { ClaimRequest, ClaimResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { claimForAgent, describeHeld, settle, type ClaimedStepRow } from "@nofx/db/leases";
import { stillKnown } from "../agents/authenticate.ts";
import type { AgentContext } from "../command/context.ts";
import { onceByKey } from "../command/idempotency.ts";
import { inTransaction } from "../command/transaction.ts";
import { describeStep } from "./describe-step.ts";
import type { Doorbell } from "./doorbell.ts";
import { executorOf } from "./fenced.ts";
import { LEASE_SECONDS } from "./lease-seconds.ts";
import { waitingRoom } from "./waiting-room.ts";

const IDLE_MS = 5_000;
/** A key that is revoked while its claim waits is given nothing any more, and told so, within this time. */
const RECHECK_MS = 3_000;

export interface ClaimOptions {
  doorbell?: Doorbell | undefined;
  leaseSeconds?: number | undefined;
  /** The caller has gone: stop waiting, and give back what was just claimed for it. */
  signal?: AbortSignal | undefined;
}

/**
 * Hands out steps of the caller's tenant that ask for one of its capabilities, waiting for some at most `waitSeconds`.
 * A repetition under the same key gets the same steps while they are still held, and never a second set.
 */
export async function claimSteps(
  ctx: AgentContext,
  request: ClaimRequest,
  options: ClaimOptions = {},
): Promise<ClaimResponse> {
  const { leaseSeconds = LEASE_SECONDS, signal, doorbell } = options;
  const { clock } = ctx.plane;
  let askedAt = clock.now();
  const room = waitingRoom(ctx.plane, doorbell);
  const until = clock.now() + request.waitSeconds * 1_000;
  if (isOut(ctx)) return nothing(ctx, request, options);
  for (;;) {
    const since = doorbell?.rings ?? 0;
    if (clock.now() - askedAt >= RECHECK_MS) {
      await stillKnown(ctx);
      askedAt = clock.now();
      if (isOut(ctx)) return nothing(ctx, request, options);
    }
    const rows = await unlessOut(ctx, claimOnce(ctx, request, leaseSeconds * 1_000));
    if (rows === undefined) return nothing(ctx, request, options);
    const left = until - clock.now();
    if (signal?.aborted && rows.length > 0 && !ctx.replayed) await giveBack(ctx, rows);
    if (rows.length === 0 && !ctx.replayed && ctx.status === "draining") {
      return nothing(ctx, request, options);
    }
    if (rows.length > 0 || ctx.replayed || left <= 0 || signal?.aborted) {
      const files = ctx.plane.storage.forTenant(ctx.tenantId);
      return {
        steps: await Promise.all(rows.map((row) => describeStep(row, files))),
        leaseSeconds,
        status: ctx.status,
      };
    }
    const { tenantId, keyId } = ctx;
    const { capabilities, max } = request;
    const wait = {
      tenantId,
      agentId: ctx.actor.id,
      keyId,
      capabilities,
      max,
      since,
      ms: left,
      signal,
    };
    if ((await room.wait(wait)) === "key") askedAt = -Infinity;
  }
}

/** People have quarantined it: it is given nothing, whatever the database says of steps. */
function isOut({ status, statusBy }: AgentContext): boolean {
  return status === "quarantined" && statusBy === "person";
}

/** Undefined where the database refuses because people have quarantined the agent since it was let in. */
async function unlessOut<T>(ctx: AgentContext, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!NofxError.is(error) || error.code !== "forbidden") throw error;
    await stillKnown(ctx);
    if (isOut(ctx)) return undefined;
    throw error;
  }
}

/** For an agent that is given nothing: after a while, so that it does not ask over and over, and soon enough to see it resumed. */
async function nothing(
  ctx: AgentContext,
  { waitSeconds }: ClaimRequest,
  { leaseSeconds = LEASE_SECONDS, signal }: ClaimOptions,
): Promise<ClaimResponse> {
  await ctx.plane.clock.sleep(Math.min(waitSeconds * 1_000, IDLE_MS), signal);
  return { steps: [], leaseSeconds, status: ctx.status };
}

function claimOnce(
  ctx: AgentContext,
  request: ClaimRequest,
  leaseMs: number,
): Promise<ClaimedStepRow[]> {
  const by = executorOf(ctx);
  const route = `agent:${by.owner}:steps.claim`;
  return inTransaction(ctx, async (tx) => {
    let rows: ClaimedStepRow[] = [];
    const claims = await onceByKey(
      ctx,
      tx,
      { route, body: request },
      async () => {
        const { capabilities, max: limit } = request;
        rows = await claimForAgent(tx.db, by, { capabilities, limit, leaseMs });
        return rows.map((row) => ({ stepId: row.id, epoch: row.epoch }));
      },
      { keep: (claimed) => claimed.length > 0 },
    );
    return ctx.replayed ? describeHeld(tx.db, by, claims) : rows;
  });
}

async function giveBack(ctx: AgentContext, rows: readonly ClaimedStepRow[]): Promise<void> {
  await inTransaction(ctx, (tx) =>
    settle(
      tx.db,
      executorOf(ctx),
      rows.map((row) => ({ stepId: row.id, epoch: row.epoch, outcome: "released" })),
    ),
  );
}
