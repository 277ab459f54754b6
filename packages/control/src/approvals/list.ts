import { ListApprovalsInput, type ApprovalDetail, type ApprovalPage } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { ApprovalId, toUuid } from "@nofx/core/vocabulary";
import {
  countPendingApprovals,
  findApproval,
  listApprovals as query,
  type ApprovalRecord,
} from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { viewApproval, viewDetail } from "./view.ts";
import { loadVoter } from "./voter.ts";

/** The inbox: pending ones by deadline, closed ones newest first. `total` counts the pending ones. */
export function listApprovals(
  ctx: MemberContext,
  input: z.input<typeof ListApprovalsInput>,
): Promise<z.infer<typeof ApprovalPage>> {
  return runQuery(ctx, ListApprovalsInput, input, async (tx, { runId, ...filter }) => {
    const rootRunId = runId === undefined ? undefined : toUuid("run", runId);
    const page = await query(tx.db, { ...filter, rootRunId, tenantId: ctx.tenantId });
    const { status, subject, risk, group } = filter;
    const all = [subject, risk, group, rootRunId].every((one) => one === undefined);
    const total =
      status === "pending" && all ? await countPendingApprovals(tx.db, ctx.tenantId) : null;
    const voter = await loadVoter(ctx, tx);
    return {
      items: page.items.map((row) => viewApproval(ctx, row, voter)),
      nextCursor: page.nextCursor,
      total,
    };
  });
}

export const ApprovalInput = z.object({ approvalId: ApprovalId });

/** One question, with what was said about it and what became of the yes. */
export function getApproval(
  ctx: MemberContext,
  input: z.input<typeof ApprovalInput>,
): Promise<ApprovalDetail> {
  return runQuery(ctx, ApprovalInput, input, async (tx, { approvalId }) => {
    const row = await loadApproval(ctx, tx, approvalId);
    return viewDetail(ctx, tx, row, await loadVoter(ctx, tx));
  });
}

export async function loadApproval(
  ctx: MemberContext,
  tx: CommandTransaction,
  approvalId: string,
): Promise<ApprovalRecord> {
  const row = await findApproval(tx.db, ctx.tenantId, toUuid("approval", approvalId));
  if (row === undefined)
    throw new NofxError("not_found", { detail: "There is no such approval in this tenant." });
  return row;
}
