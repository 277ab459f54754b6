import { z } from "zod";
import {
  ApprovalId,
  ApprovalStatus,
  ApprovalSubject,
  Decision,
  PlanId,
  RunId,
  StepId,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

export const ApprovalDecisionView = z.object({
  by: z.string(),
  decision: Decision,
  reason: z.string().nullable(),
  at: Timestamp,
});

export const ApprovalView = z.object({
  id: ApprovalId,
  subject: ApprovalSubject,
  status: ApprovalStatus,
  title: z.string(),
  question: z.string(),
  why: z.string().meta({ description: "The rule or label that asked for it" }),
  arguments: z
    .record(z.string(), z.unknown())
    .meta({ description: "Exactly what will run or was judged" }),
  argumentsDigest: z.string(),
  planId: PlanId.nullable(),
  planTitle: z.string().nullable(),
  runId: RunId.nullable(),
  stepId: StepId.nullable(),
  stepName: z.string().nullable(),
  requestedBy: z.string(),
  requestedAt: Timestamp,
  expiresAt: Timestamp,
  decidedAt: Timestamp.nullable(),
  decisions: z.array(ApprovalDecisionView),
  blocking: z.boolean().meta({ description: "Something is waiting for this right now" }),
  canDecide: z.boolean(),
  cannotDecideBecause: z.string().nullable(),
});
export type ApprovalView = z.infer<typeof ApprovalView>;

export const ListApprovalsInput = PageInput.extend({
  status: z.enum(["pending", "closed", "all"]).default("pending"),
});
export const ApprovalPage = pageOf(ApprovalView);

export const DecideApprovalInput = z.object({
  decision: z.enum(["approve", "reject"]),
  reason: z.string().max(2_000).optional(),
  argumentsDigest: z.string().optional().meta({
    description:
      "The digest of what was shown. Refused with 409 `plan_changed` when it is no longer what would run",
  }),
});
export type DecideApprovalInput = z.infer<typeof DecideApprovalInput>;
