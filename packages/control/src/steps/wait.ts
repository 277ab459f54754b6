import type { WaitRequest, WaitResponse } from "@nofx/core/contract";
import { wait as register } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
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
  return fencedOnce(ctx, "wait", stepId, request, async (tx) => {
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
    const answer = await register(tx.db, claim, request.name, options);
    return answer.held ? { status: "pending" } : { status: "met", met: metWaitOf(answer) };
  });
}
