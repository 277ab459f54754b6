import { z } from "zod";
import { OverridePolicy, OwnRule, RuleScope } from "../gates/own-rule.ts";
import { RuleExample } from "../gates/rule-example.ts";
import {
  ApprovalId,
  GateKind,
  OverrideId,
  OverrideStatus,
  PlanId,
  StepName,
  storableText,
  Verdict,
} from "../vocabulary/index.ts";
import { PageInput, pageOf, Timestamp } from "./paging.ts";

export const RuleName = StepName;

export const GateRuleView = z.object({
  name: z.string(),
  gate: GateKind,
  origin: z.enum(["built_in", "own"]).meta({
    description: "Whether it comes with the product, or is the tenant's own",
  }),
  version: z.int().min(1).meta({ description: "Raised by every change in this tenant" }),
  enabled: z.boolean(),
  locked: z.boolean().meta({
    description: "It can be neither switched off nor overridden: what it finds could not be run",
  }),
  scope: RuleScope,
  verdict: Verdict.meta({ description: "Of what it finds; some rules have a milder one for less" }),
  override: OverridePolicy,
  tip: z.string(),
  reason: z.string().nullable(),
  finds: z.string().nullable().meta({
    description: "What a rule of the product looks for; null where a condition says it",
  }),
  condition: z.string().nullable().meta({ description: "CEL; null where code judges" }),
  hits: z.int().meta({ description: "In how many of the last 100 plans it found something" }),
  lastHitAt: Timestamp.nullable(),
  changedBy: z.string().nullable(),
  changedAt: Timestamp.nullable(),
});
export type GateRuleView = z.infer<typeof GateRuleView>;

export const GateRuleList = z.object({
  items: z.array(GateRuleView),
  rulesDigest: z.string().meta({ description: "Of the rules in force: verdicts are bound to it" }),
  voidPlans: z.int().meta({
    description:
      "How many plans were judged by other rules, and have to be planned again before they are executed",
  }),
});

export const OneGateRule = z.object({ name: RuleName });

export const GateRuleDetail = GateRuleView.extend({
  examples: z.array(RuleExample),
  versions: z.array(
    z.object({
      version: z.int(),
      enabled: z.boolean(),
      verdict: Verdict.nullable(),
      condition: z.string().nullable(),
      by: z.string(),
      at: Timestamp,
    }),
  ),
});
export type GateRuleDetail = z.infer<typeof GateRuleDetail>;

export const SaveRuleInput = OwnRule.extend({
  enabled: z.boolean().default(true),
  replaces: z.int().min(0).default(0).meta({
    description:
      "The version that was edited; 0 for a new rule. Another one in between is a conflict",
  }),
});
export type SaveRuleInput = z.infer<typeof SaveRuleInput>;

export const SwitchRuleInput = OneGateRule.extend({
  enabled: z.boolean().optional(),
  verdict: Verdict.nullable().optional().meta({
    description:
      "In place of the rule's own; null takes the tenant's away. For rules of the product",
  }),
  override: OverridePolicy.nullable().optional(),
});

/** A condition as it is typed: what is wrong with it, and what its examples come to. */
export const TestRuleInput = z.object({
  scope: RuleScope,
  condition: z.string().max(4_000),
  examples: z.array(RuleExample).max(20).default([]),
});

export const ConditionProblemView = z.object({
  message: z.string(),
  start: z.int(),
  end: z.int(),
  line: z.int(),
  column: z.int(),
});

export const ExampleOutcome = z.object({
  name: z.string(),
  expect: z.enum(["pass", "fail"]),
  got: z.enum(["pass", "fail", "error"]),
  ok: z.boolean(),
  steps: z.array(z.string()).meta({ description: "Where it found something" }),
  error: z.string().nullable(),
});
export type ExampleOutcome = z.infer<typeof ExampleOutcome>;

export const TestRuleResult = z.object({
  problem: ConditionProblemView.nullable(),
  examples: z.array(ExampleOutcome),
  ok: z.boolean(),
});
export type TestRuleResult = z.infer<typeof TestRuleResult>;

export const ReplayRuleInput = z.object({
  name: RuleName,
  scope: RuleScope,
  condition: z.string().min(1).max(2_000),
  verdict: Verdict,
});

export const ReplayRuleResult = z.object({
  plans: z.array(
    z.object({
      planId: PlanId,
      title: z.string(),
      version: z.int(),
      at: Timestamp,
      before: Verdict.meta({ description: "The plan's verdict as it was given" }),
      after: Verdict.meta({ description: "The same with the draft in place of the rule" }),
      found: z.int().meta({ description: "How often the draft found something" }),
      steps: z.array(z.string()).meta({ description: "Where, at most ten" }),
      error: z.string().nullable(),
    }),
  ),
  judged: z.int(),
  changed: z.int(),
  failed: z.int(),
  skipped: z.int().meta({ description: "Plans too large to be replayed in one request" }),
});
export type ReplayRuleResult = z.infer<typeof ReplayRuleResult>;

export const OverrideView = z.object({
  id: OverrideId,
  planId: PlanId,
  planTitle: z.string(),
  planVersion: z.int(),
  scope: z.enum(["plan", "step", "rule"]),
  rule: z.string().nullable(),
  step: z.string().nullable(),
  reason: z.string(),
  status: OverrideStatus,
  live: z.boolean().meta({ description: "Whether it counts now" }),
  covers: z.array(
    z.object({
      gate: GateKind,
      rule: z.string(),
      version: z.int(),
      step: z.string().nullable(),
      verdict: Verdict,
    }),
  ),
  twoPeople: z.boolean(),
  requestedBy: z.string(),
  requestedAt: Timestamp,
  decidedBy: z.string().nullable(),
  decidedAt: Timestamp.nullable(),
  expiresAt: Timestamp,
  revokedBy: z.string().nullable(),
  revokedReason: z.string().nullable(),
  approvalId: ApprovalId.nullable(),
});
export type OverrideView = z.infer<typeof OverrideView>;

const OverrideScope = z.discriminatedUnion("scope", [
  z.object({ scope: z.literal("plan") }),
  z.object({ scope: z.literal("step"), step: storableText(200, 1) }),
  z.object({ scope: z.literal("rule"), rule: RuleName, step: storableText(200, 1).optional() }),
]);
export type OverrideScope = z.infer<typeof OverrideScope>;

export const OverrideInput = z
  .object({
    planId: PlanId,
    scope: z.enum(["plan", "step", "rule"]),
    rule: RuleName.optional(),
    step: storableText(200, 1).optional(),
    reason: storableText(1_000, 10).meta({
      description: "Why it may go on all the same: whoever reads the plan reads this",
    }),
    expiresInHours: z.number().min(0.0001).max(720).default(24),
  })
  .superRefine((input, ctx) => {
    const scope = OverrideScope.safeParse(input);
    for (const issue of scope.error?.issues ?? []) {
      ctx.addIssue({ code: "custom", path: issue.path, message: "is needed for this scope" });
    }
  });
export type OverrideInput = z.infer<typeof OverrideInput>;

export const OneOverride = z.object({ overrideId: OverrideId });
export const RevokeOverrideInput = OneOverride.extend({ reason: storableText(1_000, 1) });
export const ListOverridesInput = PageInput.extend({ planId: PlanId.optional() });
export const OverridePage = pageOf(OverrideView);

/** The tenant setting `budgets`: null where nothing is said. */
export const BudgetsSetting = z.strictObject({
  costUsdPerPlan: z.number().positive().optional(),
  tokensPerPlan: z.number().positive().optional(),
  durationMsPerPlan: z.number().positive().optional(),
  costUsdPerDay: z.number().positive().optional(),
});

const TIME = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/;
const label = storableText(64, 1);

/** The tenant setting `compliance`. */
export const ComplianceSetting = z.strictObject({
  approvers: z.record(label, storableText(64, 1)).optional(),
  regions: z
    .strictObject({
      default: storableText(64, 1).optional(),
      queues: z.record(z.string().max(64), storableText(64, 1)).optional(),
    })
    .optional(),
  licences: z.array(storableText(64, 1)).max(200).optional(),
  changeWindows: z
    .strictObject({
      timeZone: storableText(100, 1),
      windows: z
        .array(
          z.strictObject({
            days: z.array(z.int().min(1).max(7)).min(1).max(7),
            from: z.string().regex(TIME, "use HH:MM"),
            to: z.string().regex(TIME, "use HH:MM"),
          }),
        )
        .max(50),
    })
    .optional(),
});

export const GateSettings = z.object({
  budgets: BudgetsSetting.prefault({}),
  compliance: ComplianceSetting.prefault({}),
});
export type GateSettings = z.infer<typeof GateSettings>;
