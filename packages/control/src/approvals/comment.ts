import { CommentInput, type ApprovalDetail } from "@nofx/core/api";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { ApprovalInput, loadApproval } from "./list.ts";
import { viewDetail } from "./view.ts";
import { loadVoter } from "./voter.ts";

const Input = CommentInput.extend(ApprovalInput.shape);

/** Says something about a question. It decides nothing, whatever it says. */
export function commentApproval(
  ctx: MemberContext,
  input: z.input<typeof Input>,
): Promise<ApprovalDetail> {
  const spec = { name: "approvals.comment", permission: "plan.create", input: Input } as const;
  return runCommand(ctx, spec, input, async (tx, { approvalId, text }) => {
    const row = await loadApproval(ctx, tx, approvalId);
    const { id } = await tx.db
      .insertInto("approval_comments")
      .values({
        tenant_id: ctx.tenantId,
        approval_id: row.id,
        member_user_id: ctx.actor.id,
        member_name: ctx.name,
        text,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    tx.emit({
      type: "approval.commented",
      payload: {
        approval_id: row.id,
        subject: row.subject,
        comment_id: id,
        ...(row.plan_id === null ? {} : { plan_id: row.plan_id }),
        ...(row.run_id === null ? {} : { run_id: row.run_id }),
        ...(row.step_id === null ? {} : { step_id: row.step_id }),
      },
      ...(row.run_id === null ? {} : { runId: row.run_id }),
    });
    return viewDetail(ctx, tx, row, await loadVoter(ctx, tx));
  });
}
