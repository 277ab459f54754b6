import { decideApproval, getApproval, listApprovals } from "@nofx/control/approvals";
import {
  ApprovalPage,
  ApprovalView,
  DecideApprovalInput,
  ListApprovalsInput,
} from "@nofx/core/api";
import { ApprovalId } from "@nofx/core/vocabulary";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const OneApproval = z.object({ approvalId: ApprovalId });

export const approvalsRouter = {
  list: query
    .meta(
      rest("/approvals", "approvals", { operationId: "listApprovals", summary: "List approvals" }),
    )
    .input(ListApprovalsInput)
    .output(ApprovalPage)
    .query(({ ctx, input }) => listApprovals(ctx.member, input)),

  get: query
    .meta(
      rest("/approvals/{approvalId}", "approvals", {
        operationId: "getApproval",
        summary: "One approval, with exactly what it is about",
      }),
    )
    .input(OneApproval)
    .output(ApprovalView)
    .query(({ ctx, input }) => getApproval(ctx.member, input)),

  decide: command
    .meta(
      restCommand("/approvals/{approvalId}", "approvals", {
        operationId: "decideApproval",
        summary: "Approve or reject",
      }),
    )
    .input(DecideApprovalInput.extend(OneApproval.shape))
    .output(ApprovalView)
    .mutation(({ ctx, input }) => decideApproval(ctx.member, input)),
} satisfies TRPCRouterRecord;
