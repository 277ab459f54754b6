import { z } from "zod";

export const RangeView = z
  .object({ p10: z.number(), p50: z.number(), p90: z.number() })
  .meta({ description: "One time in ten below p10, one time in ten above p90" });
export type RangeView = z.infer<typeof RangeView>;

export const EstimateView = z.object({
  durationMs: RangeView,
  tokens: RangeView,
  costUsd: RangeView,
  basis: z.enum(["telemetry", "prior"]).meta({
    description:
      "Whether steps like it were measured, or it is what is taken for granted of its kind",
  }),
  samples: z.int().meta({ description: "Steps like it that were measured" }),
});
export type EstimateView = z.infer<typeof EstimateView>;

/** How good the estimates of the steps that ran lately were, beside a naive guess: the median of all that was measured. */
export const AccuracyView = z.object({
  count: z.int().meta({ description: "Steps that were compared" }),
  coverage: z.number().nullable().meta({
    description: "Share that took between p10 and p90 of what was estimated; 0.8 is right",
  }),
  error: z.number().nullable().meta({ description: "Median of |took - p50| / took" }),
  naiveError: z.number().nullable().meta({ description: "The same of the naive guess" }),
  isUseful: z.boolean().meta({ description: "False where the naive guess was better" }),
});
export type AccuracyView = z.infer<typeof AccuracyView>;

export const ForecastView = z.object({
  durationMs: RangeView,
  tokens: RangeView,
  costUsd: RangeView,
  successOdds: z.number().min(0).max(1).meta({ description: "That every step ends well" }),
  approvals: z.int().meta({ description: "How often people will be asked" }),
  measuredSteps: z.int().meta({
    description:
      "Steps estimated from measurements; the others by what is taken for granted of their kind",
  }),
  trials: z.int().meta({ description: "How often the plan was played with drawn durations" }),
  assumptions: z.array(z.string()),
  naiveMs: z.number().nullable().meta({ description: "Median of all steps measured so far" }),
  accuracy: AccuracyView.nullable().meta({ description: "Null before any plan has run" }),
});
export type ForecastView = z.infer<typeof ForecastView>;

export const PlanResourceView = z.object({
  name: z.string(),
  capacity: z.int(),
  assumed: z
    .boolean()
    .meta({ description: "Nobody of the kind was there: planned as if there were" }),
});
export type PlanResourceView = z.infer<typeof PlanResourceView>;

export const TimetableView = z.object({
  makespanSeconds: z.number().meta({
    description: "From the first start to the last end, if every step takes its p50",
  }),
  lowerBoundSeconds: z.number().meta({ description: "No schedule is shorter" }),
  resources: z.array(PlanResourceView).meta({ description: "What steps have to wait for" }),
});
export type TimetableView = z.infer<typeof TimetableView>;

/** When one step is to run. */
export const StepTimes = z.object({
  startSeconds: z.number().nullable(),
  slackSeconds: z.number().nullable().meta({
    description: "How much later it can start without the plan ending later",
  }),
  critical: z.boolean().meta({ description: "It has no slack" }),
  resources: z.array(z.string()).meta({ description: "What it has for itself while it runs" }),
  estimate: EstimateView.nullable(),
});
export type StepTimes = z.infer<typeof StepTimes>;
