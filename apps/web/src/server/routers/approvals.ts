import {
  commentApproval,
  decideApproval,
  decideMany,
  delegateApprovals,
  getApproval,
  listApprovalArtifacts,
  listApprovalDelegations,
  listApprovalGroups,
  listApprovals,
  putApprovalGroup,
  putApprovalRule,
  removeApprovalGroup,
  undelegateApprovals,
} from "@nofx/control/approvals";
import {
  ApprovalArtifacts,
  ApprovalDetail,
  ApprovalGroups,
  ApprovalGroupView,
  ApprovalPage,
  CommentInput,
  DecideApprovalInput,
  DecideManyInput,
  DecideManyResult,
  DelegateInput,
  Delegations,
  DelegationView,
  ListApprovalsInput,
  OneApprovalGroup,
  OneDelegation,
  PutApprovalGroupInput,
  PutApprovalRuleInput,
} from "@nofx/core/api";
import { ApprovalId } from "@nofx/core/vocabulary";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const OneApproval = z.object({ approvalId: ApprovalId });
const Nothing = z.object({});
const TAG = "approvals";

export const approvalsRouter = {
  list: query
    .meta(rest("/approvals", TAG, { operationId: "listApprovals", summary: "List approvals" }))
    .input(ListApprovalsInput)
    .output(ApprovalPage)
    .query(({ ctx, input }) => listApprovals(ctx.member, input)),

  groups: query
    .meta(
      rest("/approval-groups", TAG, {
        operationId: "listApprovalGroups",
        summary: "Groups of approvers, who could be in them, and the rules that name them",
      }),
    )
    .input(Nothing)
    .output(ApprovalGroups)
    .query(({ ctx }) => listApprovalGroups(ctx.member)),

  delegations: query
    .meta(
      rest("/approval-delegations", TAG, {
        operationId: "listApprovalDelegations",
        summary: "Who votes in whose stead",
      }),
    )
    .input(Nothing)
    .output(Delegations)
    .query(({ ctx }) => listApprovalDelegations(ctx.member)),

  get: query
    .meta(
      rest("/approvals/{approvalId}", TAG, {
        operationId: "getApproval",
        summary: "One approval, with exactly what it is about",
      }),
    )
    .input(OneApproval)
    .output(ApprovalDetail)
    .query(({ ctx, input }) => getApproval(ctx.member, input)),

  artifacts: query
    .meta(
      rest("/approvals/{approvalId}/artifacts", TAG, {
        operationId: "listApprovalArtifacts",
        summary: "The files under review, each by an address that is good for minutes",
      }),
    )
    .input(OneApproval)
    .output(ApprovalArtifacts)
    .query(({ ctx, input }) => listApprovalArtifacts(ctx.member, input)),

  decideMany: command
    .meta(
      restCommand("/approvals/decide-many", TAG, {
        operationId: "decideManyApprovals",
        summary: "The same decision on many questions, each by the digest of what was shown",
        description:
          "At most 60 an hour and person: beyond that 429 `rate_limited`, with when there is room again. What one is refused for does not keep the others.",
      }),
    )
    .input(DecideManyInput)
    .output(DecideManyResult)
    .mutation(({ ctx, input }) => decideMany(ctx.member, input)),

  decide: command
    .meta(
      restCommand("/approvals/{approvalId}", TAG, {
        operationId: "decideApproval",
        summary: "Approve, approve with changes, or reject",
        description:
          "One vote. The same vote again changes nothing; after the end it is refused with 409 `approval_closed` and the final state. Nobody decides what they stand behind: 403 `approval_self`.",
      }),
    )
    .input(DecideApprovalInput.extend(OneApproval.shape))
    .output(ApprovalDetail)
    .mutation(({ ctx, input }) => decideApproval(ctx.member, input)),

  comment: command
    .meta(
      restCommand("/approvals/{approvalId}/comments", TAG, {
        operationId: "commentApproval",
        summary: "Say something about a question; it decides nothing",
      }),
    )
    .input(CommentInput.extend(OneApproval.shape))
    .output(ApprovalDetail)
    .mutation(({ ctx, input }) => commentApproval(ctx.member, input)),

  putGroup: command
    .meta(
      restCommand("/approval-groups", TAG, {
        operationId: "putApprovalGroup",
        summary: "Make a group of approvers, or say anew who is in it",
      }),
    )
    .input(PutApprovalGroupInput)
    .output(ApprovalGroupView)
    .mutation(({ ctx, input }) => putApprovalGroup(ctx.member, input)),

  removeGroup: command
    .meta(
      restCommand("/approval-groups/{name}/remove", TAG, {
        operationId: "removeApprovalGroup",
        summary: "Remove a group that no rule names",
      }),
    )
    .input(OneApprovalGroup)
    .output(OneApprovalGroup)
    .mutation(({ ctx, input }) => removeApprovalGroup(ctx.member, input)),

  putRule: command
    .meta(
      restCommand("/approval-rules", TAG, {
        operationId: "putApprovalRule",
        summary: "Say who has to say yes to what; null takes the rule away",
      }),
    )
    .input(PutApprovalRuleInput)
    .output(ApprovalGroups)
    .mutation(({ ctx, input }) => putApprovalRule(ctx.member, input)),

  delegate: command
    .meta(
      restCommand("/approval-delegations", TAG, {
        operationId: "delegateApprovals",
        summary: "Have somebody else vote in your stead, for a time",
      }),
    )
    .input(DelegateInput)
    .output(DelegationView)
    .mutation(({ ctx, input }) => delegateApprovals(ctx.member, input)),

  undelegate: command
    .meta(
      restCommand("/approval-delegations/{delegationId}/revoke", TAG, {
        operationId: "undelegateApprovals",
        summary: "Take a delegation back",
      }),
    )
    .input(OneDelegation)
    .output(DelegationView)
    .mutation(({ ctx, input }) => undelegateApprovals(ctx.member, input)),
} satisfies TRPCRouterRecord;
