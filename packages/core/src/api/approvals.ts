import { z } from "zod";
import {
  ApprovalRule,
  ApprovalGroupId,
  ApprovalId,
  ApprovalStatus,
  ApprovalSubject,
  CommentId,
  Decision,
  DelegationId,
  GroupName,
  PlanId,
  RuleInForce,
  RunId,
  StepId,
  StorableJson,
  storableText,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";
import { ArtifactView } from "./runs.ts";

const Json = z.record(z.string(), z.unknown());
const UserId = z.guid().meta({ description: "A person, as the session and the groups name them" });

export const ApprovalDecisionView = z.object({
  by: z.string(),
  /** In whose stead: the vote counts as theirs. */
  for: z.string().nullable(),
  decision: Decision,
  reason: z.string().nullable(),
  groups: z.array(GroupName),
  counts: z.boolean().meta({ description: "Whether it was given to what would run now" }),
  via: z.string().nullable().meta({ description: "By which receiver it came in" }),
  at: Timestamp,
});

export const ApprovalView = z.object({
  id: ApprovalId,
  subject: ApprovalSubject,
  status: ApprovalStatus,
  title: z.string(),
  question: z.string(),
  why: z.string().meta({ description: "The rule or label that asked for it" }),
  arguments: Json.meta({ description: "Exactly what was asked about" }),
  editedArguments: Json.nullable().meta({
    description: "What an approver made of it: this is what runs, and what votes count for",
  }),
  argumentsSchema: Json.nullable().meta({ description: "What an approver may edit" }),
  argumentsDigest: z.string().meta({ description: "Of what would run now" }),
  hides: z.boolean().meta({ description: "The arguments hold characters that would go unseen" }),
  tool: z.string().nullable(),
  toolVersion: z.string().nullable(),
  target: z.string().nullable(),
  risk: z.string().nullable(),
  rule: RuleInForce,
  tally: z.object({
    people: z.int(),
    quorum: z.int(),
    groups: z.array(z.object({ group: z.string(), k: z.int(), have: z.int() })),
  }),
  chain: z
    .array(z.object({ type: z.enum(["member", "agent"]), name: z.string(), via: z.string() }))
    .meta({ description: "On whose behalf it is asked, from the person down to the agent" }),
  hierarchy: z
    .object({
      depth: z.int(),
      path: z.string(),
      role: z.string().nullable(),
      chain: z.array(z.object({ stepId: StepId, name: z.string(), role: z.string().nullable() })),
    })
    .nullable()
    .meta({ description: "Where in the tree of its run the asking step is, from the top down" }),
  version: z.int(),
  planId: PlanId.nullable(),
  planTitle: z.string().nullable(),
  runId: RunId.nullable(),
  rootRunId: RunId.nullable(),
  stepId: StepId.nullable(),
  stepName: z.string().nullable(),
  requestedBy: z.string(),
  requestedAt: Timestamp,
  remindAt: Timestamp.nullable(),
  escalateAt: Timestamp.nullable(),
  escalated: z.boolean(),
  expiresAt: Timestamp,
  decidedAt: Timestamp.nullable(),
  decisions: z.array(ApprovalDecisionView),
  blocking: z.boolean().meta({ description: "Something is waiting for this right now" }),
  canDecide: z.boolean(),
  cannotDecideBecause: z.string().nullable(),
  insteadOf: z
    .array(z.object({ userId: UserId, name: z.string() }))
    .meta({ description: "In whose stead you may vote here" }),
});
export type ApprovalView = z.infer<typeof ApprovalView>;

export const ApprovalCommentView = z.object({
  id: CommentId,
  by: z.string(),
  text: z.string(),
  at: Timestamp,
});
export type ApprovalCommentView = z.infer<typeof ApprovalCommentView>;

export const ApprovalDetail = ApprovalView.extend({
  comments: z.array(ApprovalCommentView),
  grant: z
    .object({ grantedAt: Timestamp, expiresAt: Timestamp, consumedAt: Timestamp.nullable() })
    .nullable()
    .meta({ description: "What the yes gave: one use" }),
});
export type ApprovalDetail = z.infer<typeof ApprovalDetail>;

export const ListApprovalsInput = PageInput.extend({
  status: z.enum(["pending", "closed", "all"]).default("pending"),
  subject: ApprovalSubject.optional(),
  risk: z
    .string()
    .max(64)
    .optional()
    .meta({ description: "A risk label, or a tool's sensitivity" }),
  group: GroupName.optional().meta({ description: "Those that this group is asked for" }),
  runId: RunId.optional().meta({ description: "Under this run, at any depth" }),
});
export const ApprovalPage = pageOf(ApprovalView);

export const DecideApprovalInput = z.object({
  decision: Decision,
  reason: storableText(2_000).optional(),
  argumentsDigest: z.string().max(128).optional().meta({
    description:
      "The digest of what was shown. Refused with 409 `plan_changed` when it is no longer what would run",
  }),
  arguments: StorableJson.optional().meta({
    description: "With `approve_with_changes`: all of the arguments, as they are to run",
  }),
  insteadOf: UserId.optional().meta({
    description: "Somebody who delegated their vote to you: it counts as theirs",
  }),
});
export type DecideApprovalInput = z.infer<typeof DecideApprovalInput>;

export const DecideManyInput = z.object({
  approvals: z
    .array(z.object({ approvalId: ApprovalId, argumentsDigest: z.string().max(128) }))
    .min(1)
    .max(50),
  decision: z.enum(["approve", "reject"]),
  reason: storableText(2_000).optional(),
});
export const DecideManyResult = z.object({
  results: z.array(
    z.object({
      approvalId: ApprovalId,
      status: ApprovalStatus.nullable(),
      code: z.string().nullable(),
      detail: z.string().nullable(),
    }),
  ),
  left: z.int().meta({ description: "How many more you may decide in batches right now" }),
  limit: z.int(),
});
export type DecideManyResult = z.infer<typeof DecideManyResult>;

export const CommentInput = z.object({ text: storableText(4_000, 1) });

export const ApprovalArtifacts = z.object({ items: z.array(ArtifactView) });

export const ApprovalGroupView = z.object({
  id: ApprovalGroupId,
  name: GroupName,
  description: z.string(),
  members: z.array(z.object({ userId: UserId, name: z.string() })),
});
export type ApprovalGroupView = z.infer<typeof ApprovalGroupView>;

export const ApprovalRuleView = z.object({
  subject: z.union([ApprovalSubject, z.literal("*")]),
  risk: z.string(),
  rule: RuleInForce,
});

export const ApprovalGroups = z.object({
  groups: z.array(ApprovalGroupView),
  people: z.array(
    z.object({ userId: UserId, name: z.string(), role: z.string(), mayDecide: z.boolean() }),
  ),
  rules: z.array(ApprovalRuleView),
});
export type ApprovalGroups = z.infer<typeof ApprovalGroups>;

export const PutApprovalGroupInput = z.object({
  name: GroupName,
  description: storableText(2_000).default(""),
  members: z.array(UserId).max(200).meta({ description: "All of them" }),
});
export const OneApprovalGroup = z.object({ name: GroupName });

export const PutApprovalRuleInput = z.object({
  subject: z.union([ApprovalSubject, z.literal("*")]).default("*"),
  risk: z
    .union([z.literal("*"), GroupName])
    .default("*")
    .meta({ description: "A risk label, a tool's sensitivity, or * for any" }),
  rule: ApprovalRule.nullable().meta({ description: "null takes the rule away" }),
});

export const DelegateInput = z.object({
  to: UserId,
  reason: storableText(500, 1),
  startsAt: Timestamp.optional(),
  endsAt: Timestamp.meta({ description: "At most 90 days after it starts" }),
});
export const DelegationView = z.object({
  id: DelegationId,
  from: z.string(),
  fromUserId: UserId,
  to: z.string(),
  toUserId: UserId,
  reason: z.string(),
  startsAt: Timestamp,
  endsAt: Timestamp,
  status: z.enum(["coming", "active", "over", "revoked"]),
  yours: z.boolean(),
});
export type DelegationView = z.infer<typeof DelegationView>;
export const Delegations = z.object({ items: z.array(DelegationView) });
export const OneDelegation = z.object({ delegationId: DelegationId });
