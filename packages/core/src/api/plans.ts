import { z } from "zod";
import { ModelId } from "../model-router/index.ts";
import {
  ApprovalId,
  ApprovalStatus,
  ComparisonId,
  GateKind,
  PlanId,
  PlanStatus,
  PlanStepId,
  RiskLabel,
  RunId,
  RunStatus,
  StepKind,
  StepName,
  Verdict,
} from "../vocabulary/index.ts";
import { ForecastView, StepTimes, TimetableView } from "./estimates.ts";
import { OverrideView } from "./gates.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

export const CreatePlanInput = z.object({
  pack: StepName,
  items: z.array(StepName).min(1).max(20_000).optional().meta({
    description:
      "Keys of the items to plan, with everything they need; all items of the pack when absent",
  }),
  open: z.boolean().optional().meta({
    description:
      "Of all items only those that are not done, or were changed since, with everything they need",
  }),
  title: z.string().max(500).optional(),
  reuse: z.boolean().optional().meta({
    description:
      "Answer the newest version instead of making another, where another would say the same and this one is approved or still asked about",
  }),
  from: z.object({ comparisonId: ComparisonId, model: ModelId }).optional().meta({
    description:
      "Order, needs and priorities as this model answered in a comparison; the items are then those of the comparison",
  }),
});
export type CreatePlanInput = z.infer<typeof CreatePlanInput>;

export const Finding = z.object({
  rule: z.string(),
  version: z.int().min(1).default(1).meta({ description: "Of the rule, as it judged" }),
  verdict: Verdict,
  step: z.string().nullable(),
  reason: z.string(),
  evidence: z.record(z.string(), z.unknown()),
  tip: z.string(),
});
export type Finding = z.infer<typeof Finding>;

export const EvaluationView = z.object({
  gate: GateKind,
  verdict: Verdict,
  score: z.number().min(0).max(100),
  digest: z.string(),
  rulesDigest: z.string().nullable().default(null).meta({
    description: "Of the rules that judged",
  }),
  model: z.string().nullable().default(null).meta({
    description: "Whose plan it is, where the plans of several models were judged",
  }),
  findings: z.array(Finding),
  at: Timestamp,
});
export type EvaluationView = z.infer<typeof EvaluationView>;

export const PlanStepView = z.object({
  id: PlanStepId,
  name: z.string(),
  title: z.string(),
  itemKey: z.string(),
  kind: StepKind,
  capability: z.string().nullable(),
  with: z.record(z.string(), z.unknown()),
  needs: z.array(z.string()),
  priority: z.int(),
  position: z.int(),
  sensitive: z.boolean(),
  risk: z.array(RiskLabel),
  labels: z.array(z.string()),
  owner: z.string().nullable(),
  token: z.string(),
  x: z.number(),
  y: z.number(),
  verdict: Verdict.meta({ description: "Worst finding about this step" }),
  approvalId: ApprovalId.nullable(),
  approvalStatus: ApprovalStatus.nullable(),
  ...StepTimes.shape,
});
export type PlanStepView = z.infer<typeof PlanStepView>;

export const PlanSummary = z.object({
  id: PlanId,
  pack: z.string(),
  title: z.string(),
  version: z.int(),
  status: PlanStatus,
  verdict: Verdict,
  steps: z.int(),
  digest: z.string(),
  createdAt: Timestamp,
  createdBy: z.string(),
  latestRunId: RunId.nullable(),
  latestRunStatus: RunStatus.nullable(),
  overridden: z.boolean().meta({
    description:
      "Whether an override of the verdict is in force: `effectiveVerdict` of the plan says what is left",
  }),
  pendingApprovals: z.int(),
});
export type PlanSummary = z.infer<typeof PlanSummary>;

export const ListPlansInput = PageInput.extend({
  pack: z.string().max(128).optional(),
  status: PlanStatus.optional(),
});
export const PlanPage = pageOf(PlanSummary);

/** One plan version. `steps` holds at most 500, in plan order; `plans.steps` pages through all of them. */
export const PlanView = PlanSummary.extend({
  workspace: z.string().nullable(),
  planApprovalId: ApprovalId.nullable(),
  planApprovalStatus: ApprovalStatus.nullable(),
  effectiveVerdict: Verdict.meta({ description: "The verdict without what overrides lift" }),
  overrides: z
    .array(OverrideView)
    .meta({ description: "Those in force and those that wait for a second person" }),
  evaluations: z.array(EvaluationView),
  forecast: ForecastView.nullable().meta({
    description: "Null in plans made before there were any",
  }),
  timetable: TimetableView.nullable().meta({
    description: "When steps are to run; null where there are none",
  }),
  parentId: PlanId.nullable().meta({ description: "The version before" }),
  stepList: z.array(PlanStepView),
  versions: z.array(
    z.object({ id: PlanId, version: z.int(), status: PlanStatus, createdAt: Timestamp }),
  ),
  executable: z.boolean(),
  blockers: z
    .array(z.string())
    .meta({ description: "Sentences: what stands between this plan and execution" }),
});
export type PlanView = z.infer<typeof PlanView>;
export const PlanStepPage = pageOf(PlanStepView);

export const GatesView = z.object({
  planId: PlanId,
  version: z.int(),
  digest: z.string(),
  verdict: Verdict.meta({ description: "As it was given" }),
  effectiveVerdict: Verdict.meta({ description: "The verdict without what overrides lift" }),
  score: z.number().min(0).max(100),
  current: z.boolean().meta({ description: "False when what was judged has changed since" }),
  voidBecause: z.enum(["steps", "rules"]).nullable().meta({
    description: "What has changed since, so that the verdict holds no more",
  }),
  rulesDigest: z.string().meta({ description: "Of the rules in force now" }),
  gates: z.array(EvaluationView),
  steps: z.array(z.object({ step: z.string(), verdict: Verdict })).meta({
    description: "The worst finding about each step that is mentioned",
  }),
  overrides: z.array(OverrideView),
});
export type GatesView = z.infer<typeof GatesView>;

export const ExecutePlanInput = z.object({ planId: PlanId });
export const ExecutePlanResult = z.object({ runId: RunId, steps: z.int() });
export type ExecutePlanResult = z.infer<typeof ExecutePlanResult>;
