import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import type { Claim, Executor } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { onceByKey } from "../command/idempotency.ts";
import { inTransaction, type CommandTransaction } from "../command/transaction.ts";

export function executorOf(ctx: AgentContext): Extract<Executor, { type: "agent" }> {
  return { type: "agent", owner: ctx.actor.id, tenantId: ctx.tenantId };
}

export function claimOf(ctx: AgentContext, stepId: string, epoch: number): Claim {
  return { stepId: toUuid("step", stepId), epoch, tenantId: ctx.tenantId };
}

/** Runs a verb on a step in one transaction. A step that is not of this tenant does not exist for the caller. */
export async function fenced<T>(
  ctx: AgentContext,
  stepId: string,
  work: (tx: CommandTransaction) => Promise<T>,
): Promise<T> {
  try {
    return await inTransaction(ctx, work);
  } catch (error) {
    if (NofxError.is(error) && error.code === "lease_lost" && !(await isVisible(ctx, stepId))) {
      throw new NofxError("not_found", {
        detail: "There is no such step in this tenant.",
        cause: error,
      });
    }
    throw error;
  }
}

/** A verb that creates something or ends a claim: done once a key, the same answer on every repetition. */
export function fencedOnce<T>(
  ctx: AgentContext,
  verb: string,
  stepId: string,
  body: unknown,
  work: (tx: CommandTransaction) => Promise<T>,
  options: { keep?: (value: T) => boolean } = {},
): Promise<T> {
  const route = `agent:${ctx.actor.id}:steps.${verb}:${stepId}`;
  return fenced(ctx, stepId, (tx) => onceByKey(ctx, tx, { route, body }, () => work(tx), options));
}

function isVisible(ctx: AgentContext, stepId: string): Promise<boolean> {
  return inTransaction(ctx, async ({ db }) => {
    const row = await db
      .selectFrom("steps")
      .select("id")
      .where("id", "=", toUuid("step", stepId))
      .executeTakeFirst();
    return row !== undefined;
  });
}
