import type { WaitRequest, WaitResponse } from "@nofx/core/contract";
import { wait as register } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { openWait } from "../messages/open-wait.ts";
import { claimOf, fencedOnce } from "./fenced.ts";
import { metWaitOf } from "./met-wait.ts";
import { waitOptionsOf } from "./wait-options.ts";

/**
 * Waits for the first of several things, once per name. `pending` means: the step is on hold and the lease is over, so stop
 * here.
 */
export function waitFor(
  ctx: AgentContext,
  stepId: string,
  request: WaitRequest,
): Promise<WaitResponse> {
  const work = async (tx: CommandTransaction): Promise<WaitResponse> => {
    const claim = claimOf(ctx, stepId, request.epoch);
    const step = await tx.db
      .selectFrom("steps")
      .select("title")
      .where("id", "=", claim.stepId)
      .executeTakeFirst();
    const options = waitOptionsOf(request.options, request.timeoutSeconds, {
      title: step?.title ?? request.name,
      why: `Agent ${ctx.name} asks before it goes on.`,
      requester: ctx.name,
      sha256: ctx.plane.sha256,
    });
    const registered = await register(tx.db, claim, request.name, options);
    const answer = await openWait(tx.db, ctx.plane, ctx.tenantId, registered);
    return answer.held ? { status: "pending" } : { status: "met", met: metWaitOf(answer) };
  };
  // what a message says is kept with the message alone: whoever asks again is told again
  return fencedOnce(ctx, "wait", stepId, request, work, {
    keep: (answer) => answer.status === "pending" || answer.met.kind !== "message",
  });
}
