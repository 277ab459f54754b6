import { canonicalJson } from "@nofx/core/canonical";
import type { ApprovalAnswer, ApprovalRequest } from "@nofx/core/contract";
import { ApprovalWith } from "@nofx/core/vocabulary";
import { requestApproval } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { answerOf } from "./describe-step.ts";
import { claimOf, fencedOnce } from "./fenced.ts";

const DEFAULT_SECONDS = ApprovalWith.parse({ question: "?" }).expiresInSeconds;

/** Asks people, once per name. `pending` means: the step is on hold and the lease is over, so stop here. */
export function askApproval(
  ctx: AgentContext,
  stepId: string,
  request: ApprovalRequest,
): Promise<ApprovalAnswer> {
  return fencedOnce(ctx, "approval", stepId, request, async (tx) => {
    const claim = claimOf(ctx, stepId, request.epoch);
    const details = request.details ?? {};
    const step = await tx.db
      .selectFrom("steps")
      .select("title")
      .where("id", "=", claim.stepId)
      .executeTakeFirst();
    const answer = await requestApproval(tx.db, claim, {
      name: request.name,
      title: step?.title ?? request.name,
      question: request.question,
      why: `Agent ${ctx.name} asks before it goes on.`,
      arguments: details,
      argumentsDigest: ctx.plane.sha256(canonicalJson([request.question, details])),
      requester: ctx.name,
      expiresMs: (request.expiresInSeconds ?? DEFAULT_SECONDS) * 1_000,
    });
    return answerOf(answer);
  });
}
