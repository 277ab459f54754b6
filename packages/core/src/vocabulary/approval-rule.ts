import { z } from "zod";

/** A group of approvers, by name. */
export const GroupName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use 1 to 64 of a-z 0-9 . _ -, like release-managers");

const count = z.int().min(1).max(20);

/** Who has to say yes. What is left out is filled in: one yes, anybody who may decide, one no is a no. */
export const ApprovalRule = z.object({
  quorum: count.default(1).meta({ description: "How many different people have to say yes" }),
  groups: z
    .array(z.object({ group: GroupName, k: count.default(1) }))
    .max(10)
    .default([])
    .meta({ description: "So many of each of these groups; only their members vote" }),
  veto: z.boolean().default(true).meta({
    description: "One no ends it; otherwise it takes as many as a yes does",
  }),
  shared: z.boolean().default(false).meta({
    description: "Whether the vote of somebody in two groups counts for both",
  }),
  escalateTo: GroupName.optional().meta({
    description: "Who may vote in the place of any group once four fifths of the time are over",
  }),
  onExpiry: z.enum(["fail", "compensate"]).optional().meta({
    description:
      "Of a step of a plan that nobody answered: whether what was done is undone. As the run says, where it is left out",
  }),
});
export type ApprovalRule = z.infer<typeof ApprovalRule>;

const atLeastOne = z.int().min(1).default(1);

/**
 * A rule as it holds for a question: the tenant's and the asker's as one, so it may name more groups than either. The name of
 * a group that no group can have stands for what could not be read.
 */
export const RuleInForce = ApprovalRule.extend({
  quorum: atLeastOne.meta({ description: "How many different people have to say yes" }),
  groups: z
    .array(z.object({ group: z.string(), k: atLeastOne }))
    .default([])
    .meta({ description: "So many of each of these groups; only their members vote" }),
});
