import { z } from "zod";
import {
  Capability,
  Label,
  QueueName,
  RiskLabel,
  STEP_EXECUTOR,
  StepKind,
  StepName,
  StorableJson,
  storableText,
  Undo,
} from "../vocabulary/index.ts";
import type { PlannedStep } from "../planner/index.ts";
import type { PlanFacts, PlanUnderJudgement } from "./rule.ts";

/** One step of an example: what is left out is harmless. */
const ExampleStep = z.strictObject({
  name: StepName,
  item: StepName.optional(),
  title: storableText(500).optional(),
  kind: StepKind.default("shell"),
  capability: Capability.optional(),
  queue: QueueName.default("default"),
  needs: z.array(StepName).max(100).default([]),
  priority: z.int().min(1).max(5).default(3),
  sensitive: z.boolean().default(false),
  risk: z.array(RiskLabel).default([]),
  labels: z.array(Label).max(50).default([]),
  owner: storableText(200, 1).optional(),
  undo: Undo.optional(),
  pivot: z.boolean().default(false),
  maxFailures: z.int().min(1).max(20).default(3),
  deadlineSeconds: z.int().min(1).default(86_400),
  with: StorableJson.default({}),
});

const Range = z.strictObject({ p10: z.number(), p50: z.number(), p90: z.number() });

const ExampleFacts = z.strictObject({
  shell: z.enum(["off", "trusted", "sandboxed"]).default("trusted"),
  sandboxAvailable: z.boolean().default(false),
  now: z.iso.datetime({ offset: true }).default("2026-01-07T12:00:00Z"),
  tools: z
    .record(
      z.string(),
      z.strictObject({
        sensitivity: z.enum(["low", "medium", "high", "critical"]),
        version: z.string().default("1"),
        requiresApproval: z.boolean().default(false),
      }),
    )
    .default({}),
  succeeded: z.array(z.string()).default([]),
  forecast: z
    .strictObject({
      costUsd: Range,
      durationMs: Range,
      tokens: Range,
      successOdds: z.number().min(0).max(1),
      approvals: z.int().min(0),
    })
    .optional(),
  budgets: z.record(z.string(), z.number()).default({}),
});

/** A small plan that a rule is tried on. */
export const ExamplePlan = z.strictObject({
  title: storableText(500).default("Example"),
  pack: StepName.default("example"),
  version: z.int().min(1).default(1),
  steps: z.array(ExampleStep).min(1).max(50),
  facts: ExampleFacts.prefault({}),
});
export type ExamplePlan = z.infer<typeof ExamplePlan>;

export const RuleExample = z.strictObject({
  name: storableText(100, 1),
  expect: z.enum(["pass", "fail"]).meta({
    description: "fail: the rule finds something in this plan; pass: it finds nothing",
  }),
  plan: ExamplePlan,
});
export type RuleExample = z.infer<typeof RuleExample>;

/** An example's plan as gates see plans. */
export function planOfExample({ steps, facts, ...plan }: ExamplePlan): PlanUnderJudgement {
  const { succeeded, forecast, ...others } = facts;
  const seen: PlanFacts = {
    ...others,
    succeeded: new Set(succeeded),
    ...(forecast !== undefined && { forecast }),
  };
  return { plan, steps: steps.map(toPlanned), notes: [], facts: seen };
}

function toPlanned(step: z.infer<typeof ExampleStep>, position: number): PlannedStep {
  const { item, title, capability, owner, undo, with: args, ...others } = step;
  return {
    ...others,
    itemId: item ?? step.name,
    title: title ?? step.name,
    capability: capability ?? null,
    executor: STEP_EXECUTOR[step.kind],
    owner: owner ?? null,
    undo: undo ?? null,
    with: args,
    position,
    token: step.name,
  };
}
