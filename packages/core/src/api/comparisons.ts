import { z } from "zod";
import { ModelPlan, RefusalReason, Repair } from "../comparisons/index.ts";
import { ModelId, Usage } from "../model-router/index.ts";
import { ComparisonId, GateKind, PlanId, StepName, Verdict } from "../vocabulary/index.ts";
import { ModelPriceView, Usd } from "./models.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

export const StartComparisonInput = z.object({
  pack: StepName,
  items: z.array(StepName).min(1).max(500).optional().meta({
    description:
      "Keys of the items to plan, with everything they need; all of the pack when absent",
  }),
  models: z
    .array(ModelId)
    .min(1)
    .max(8)
    .refine((ids) => new Set(ids).size === ids.length, "each model once")
    .meta({ description: "As `GET /models` lists them", example: ["simulated/careful"] }),
  seed: z.int().min(0).max(2_147_483_647).default(1),
  timeLimitSeconds: z.int().min(1).max(300).default(60).meta({
    description: "How long one model may take",
  }),
  run: z.boolean().default(true).meta({
    description: "Ask the models within this request; otherwise `run` does",
  }),
});
export type StartComparisonInput = z.infer<typeof StartComparisonInput>;

export const OneComparison = z.object({ comparisonId: ComparisonId });

export const ComparisonRowStatus = z.enum([
  "waiting",
  "asking",
  "usable",
  "repaired",
  "refused",
  "failed",
]);
export type ComparisonRowStatus = z.infer<typeof ComparisonRowStatus>;

const Change = z.object({ name: z.string(), title: z.string() });

/** How a model's plan differs from ours, steps told by their names. Lists hold the first fifty; the counts are whole. */
export const PlanDifferences = z.object({
  added: z.array(Change),
  removed: z.array(Change),
  moved: z.array(Change.extend({ from: z.int(), to: z.int() })),
  changed: z.array(Change.extend({ fields: z.array(z.string()) })),
  counts: z.object({
    added: z.int(),
    removed: z.int(),
    moved: z.int(),
    changed: z.int(),
    unchanged: z.int(),
  }),
  estimates: z
    .object({ items: z.int(), seconds: z.number() })
    .meta({ description: "The model's own guesses: for how many items, and their sum" }),
});
export type PlanDifferences = z.infer<typeof PlanDifferences>;

export const PlanSketch = z.object({
  steps: z.int(),
  makespanSeconds: z.number().nullable().meta({
    description: "By our schedule and our estimates, whoever drew the plan",
  }),
  verdict: Verdict,
  score: z.number(),
  gates: z.array(z.object({ gate: GateKind, verdict: Verdict, findings: z.int() })),
});
export type PlanSketch = z.infer<typeof PlanSketch>;

export const ComparisonRowView = z.object({
  model: ModelId,
  simulated: z.boolean(),
  status: ComparisonRowStatus,
  latencyMs: z.int().nullable(),
  usage: Usage.nullable().meta({ description: "null: the provider did not say" }),
  costUsd: Usd.nullable().meta({ description: "null: its tokens or its price are not known" }),
  price: ModelPriceView.nullable().meta({ description: "As it was in force for this call" }),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  repairs: z.array(Repair),
  reasons: z.array(RefusalReason).meta({ description: "Why the answer cannot be used" }),
  document: ModelPlan.nullable(),
  documentDigest: z.string().nullable(),
  plan: PlanSketch.nullable(),
  differences: PlanDifferences.nullable(),
  adoptedAs: PlanId.nullable(),
});
export type ComparisonRowView = z.infer<typeof ComparisonRowView>;

export const ComparisonSummary = z.object({
  id: ComparisonId,
  pack: z.string(),
  status: z.enum(["waiting", "running", "ended"]),
  models: z.int(),
  usable: z.int(),
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type ComparisonSummary = z.infer<typeof ComparisonSummary>;
export const ComparisonPage = pageOf(ComparisonSummary);
export const ListComparisonsInput = PageInput;

export const ComparisonView = ComparisonSummary.extend({
  items: z.array(z.string()).nullable().meta({ description: "null: all of the pack" }),
  seed: z.int(),
  promptDigest: z.string().meta({ description: "Of the question: the same for every model" }),
  own: PlanSketch.meta({ description: "What our own planner makes of it" }),
  rows: z.array(ComparisonRowView),
});
export type ComparisonView = z.infer<typeof ComparisonView>;
