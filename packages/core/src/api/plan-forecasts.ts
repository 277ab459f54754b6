import { z } from "zod";
import { PlanId, RunId, RunStatus, StepKind, Verdict } from "../vocabulary/index.ts";
import {
  AccuracyView,
  EstimateView,
  ForecastView,
  RangeView,
  StepTimes,
  TimetableView,
} from "./estimates.ts";
import { CreatePlanInput, EvaluationView, PlanStepView } from "./plans.ts";

export const ForecastPlanInput = CreatePlanInput.omit({ reuse: true });
export type ForecastPlanInput = z.infer<typeof ForecastPlanInput>;

export const ForecastStepView = PlanStepView.pick({
  name: true,
  title: true,
  itemKey: true,
  kind: true,
  capability: true,
  needs: true,
  priority: true,
  position: true,
  sensitive: true,
  risk: true,
  labels: true,
  verdict: true,
}).extend(StepTimes.shape);
export type ForecastStepView = z.infer<typeof ForecastStepView>;

/** What a plan would be: nothing of it is stored. */
export const PlanForecastView = z.object({
  pack: z.string(),
  title: z.string(),
  steps: z.int(),
  leftOut: z.int().meta({ description: "Items of the pack that are not in it" }),
  verdict: Verdict,
  score: z.number().min(0).max(100),
  forecast: ForecastView,
  timetable: TimetableView.nullable(),
  evaluations: z.array(
    EvaluationView.pick({ gate: true, verdict: true, score: true, findings: true }),
  ),
  stepList: z.array(ForecastStepView).meta({ description: "The first 500, in plan order" }),
});
export type PlanForecastView = z.infer<typeof PlanForecastView>;

export const DiffPlansInput = z.object({ from: PlanId, to: PlanId });

const Change = z.object({ name: z.string(), title: z.string() });

/** What differs between two versions of a plan, by the names of steps. Lists hold 500 at most, `counts` all. */
export const PlanDiffView = z.object({
  from: z.object({ planId: PlanId, version: z.int() }),
  to: z.object({ planId: PlanId, version: z.int() }),
  added: z.array(Change),
  removed: z.array(Change),
  moved: z.array(Change.extend({ from: z.int(), to: z.int() })).meta({
    description: "The fewest whose moving explains the new order; places count from 0",
  }),
  reestimated: z.array(
    Change.extend({ fromMs: z.number().nullable(), toMs: z.number().nullable() }),
  ),
  rescheduled: z.array(
    Change.extend({ fromSeconds: z.number().nullable(), toSeconds: z.number().nullable() }),
  ),
  changed: z.array(Change.extend({ fields: z.array(z.string()) })),
  counts: z.object({
    added: z.int(),
    removed: z.int(),
    moved: z.int(),
    reestimated: z.int(),
    rescheduled: z.int(),
    changed: z.int(),
    unchanged: z.int(),
  }),
  makespanSeconds: z.object({ from: z.number().nullable(), to: z.number().nullable() }),
  costUsd: z.object({ from: RangeView.nullable(), to: RangeView.nullable() }),
});
export type PlanDiffView = z.infer<typeof PlanDiffView>;

export const StepOutcomeView = z.object({
  name: z.string(),
  title: z.string(),
  kind: StepKind,
  status: z.string(),
  estimate: EstimateView,
  tookMs: z.number(),
  tokens: z.number().nullable(),
  costUsd: z.number().nullable(),
  inRange: z.boolean().meta({ description: "It took between p10 and p90" }),
});
export type StepOutcomeView = z.infer<typeof StepOutcomeView>;

/** What the newest run of a plan took, beside what was expected. */
export const PlanOutcomeView = z.object({
  planId: PlanId,
  runId: RunId.nullable(),
  runStatus: RunStatus.nullable(),
  durationMs: z.object({ expected: RangeView.nullable(), took: z.number().nullable() }),
  costUsd: z.object({ expected: RangeView.nullable(), took: z.number().nullable() }),
  accuracy: AccuracyView.meta({ description: "Of the steps of this run that succeeded" }),
  steps: z.array(StepOutcomeView).meta({ description: "At most 2,000, in plan order" }),
});
export type PlanOutcomeView = z.infer<typeof PlanOutcomeView>;
