import { ListApprovalsInput, type ApprovalPage, type ApprovalView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { ApprovalId, toUuid } from "@nofx/core/vocabulary";
import { countPendingApprovals, findApproval, listApprovals as query } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewApproval } from "./view.ts";

/** The inbox: pending ones by deadline, closed ones newest first. `total` counts the pending ones. */
export function listApprovals(
  ctx: MemberContext,
  input: z.input<typeof ListApprovalsInput>,
): Promise<z.infer<typeof ApprovalPage>> {
  return runQuery(ctx, ListApprovalsInput, input, async (tx, filter) => {
    const page = await query(tx.db, { ...filter, tenantId: ctx.tenantId });
    const total =
      filter.status === "pending" ? await countPendingApprovals(tx.db, ctx.tenantId) : null;
    return {
      items: page.items.map((row) => viewApproval(ctx, row)),
      nextCursor: page.nextCursor,
      total,
    };
  });
}

export const ApprovalInput = z.object({ approvalId: ApprovalId });

export function getApproval(
  ctx: MemberContext,
  input: z.input<typeof ApprovalInput>,
): Promise<ApprovalView> {
  return runQuery(ctx, ApprovalInput, input, async (tx, { approvalId }) => {
    const row = await findApproval(tx.db, ctx.tenantId, toUuid("approval", approvalId));
    if (row === undefined)
      throw new NofxError("not_found", { detail: "There is no such approval in this tenant." });
    return viewApproval(ctx, row);
  });
}
