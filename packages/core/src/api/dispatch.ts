import { z } from "zod";
import { DispatchSettings, DispatchSettingsChange } from "../dispatch/settings.ts";
import {
  AgentId,
  Capability,
  DispatchDecisionId,
  ItemType,
  Label,
  Priority,
  RunId,
  StepId,
  Strategy,
} from "../vocabulary/index.ts";
import { PageInput, pageOf, Timestamp } from "./paging.ts";

const EvidenceLevelView = z.enum(["segment", "capability", "tenant", "prior"]).meta({
  description: "The nearest level that has outcomes; prior: none is known yet",
});

export const StrategyNumbersView = z.object({
  strategy: Strategy,
  evidence: z.number().meta({ description: "Outcomes that count now; old ones count less" }),
  success: z.number(),
  successLow: z.number(),
  successHigh: z.number(),
  seconds: z.number(),
  costUsd: z.number(),
  utility: z.number().meta({
    description: "What a success is worth times its odds, less cost and waiting, in US dollars",
  }),
  drawn: z.number().nullable().meta({ description: "The same, drawn from what is believed" }),
  odds: z.number().meta({ description: "How often it is taken outside the hold-out" }),
  excluded: z.string().optional().meta({ description: "Why it could not be taken" }),
});
export type StrategyNumbersView = z.infer<typeof StrategyNumbersView>;

export const ChosenAgentView = z.object({
  agentId: AgentId,
  name: z.string(),
  weight: z.number().meta({ description: "Its share of the draw" }),
  why: z.string(),
});
export type ChosenAgentView = z.infer<typeof ChosenAgentView>;

const Choice = {
  capability: Capability,
  segment: z.string().meta({ description: "capability/type/risk", example: "code.patch/bug/high" }),
  strategy: Strategy,
  heldOut: z.boolean().meta({ description: "Chosen uniformly at random, to measure by" }),
  level: EvidenceLevelView,
  probability: z.number(),
  holdOut: z.number(),
  successUsd: z.number(),
  hourUsd: z.number(),
  reason: z.string(),
  strategies: z.array(StrategyNumbersView),
  agents: z.array(ChosenAgentView).meta({ description: "In the order in which they were drawn" }),
};

export const DispatchOutcomeView = z.object({
  succeeded: z.boolean(),
  seconds: z.number(),
  costUsd: z.number(),
  reward: z.number().nullable(),
  at: Timestamp,
});

export const DispatchDecisionView = z.object({
  id: DispatchDecisionId,
  at: Timestamp,
  runId: RunId.nullable(),
  stepId: StepId.nullable(),
  ...Choice,
  outcome: DispatchOutcomeView.nullable(),
});
export type DispatchDecisionView = z.infer<typeof DispatchDecisionView>;
export const DispatchDecisionPage = pageOf(DispatchDecisionView);
export type DispatchDecisionPage = z.infer<typeof DispatchDecisionPage>;

export const ListDispatchDecisionsInput = PageInput.extend({
  capability: Capability.optional(),
  strategy: Strategy.optional(),
  hold: z.enum(["held_out", "chosen"]).optional(),
  runId: RunId.optional(),
  agentId: AgentId.optional().meta({ description: "Where this agent was among the drawn" }),
});

export const MeasureDispatchInput = z.object({
  capability: Capability.optional(),
  days: z.coerce.number().int().min(1).max(180).default(30),
});

export const DispatchMeasure = z.object({
  verdict: z.enum(["better", "worse", "not_shown", "too_few"]).meta({
    description: "better, worse: the interval of the lift leaves 0 out",
  }),
  words: z.string(),
  days: z.int(),
  chosen: z.int(),
  heldOut: z.int(),
  chosenUtility: z.number().nullable(),
  heldOutUtility: z.number().nullable(),
  lift: z.number().nullable().meta({
    description: "US dollars that choosing on evidence brings beyond choosing at random, a choice",
  }),
  liftLow: z.number().nullable(),
  liftHigh: z.number().nullable(),
  chosenSuccess: z.number().nullable(),
  heldOutSuccess: z.number().nullable(),
  strategies: z.array(
    z.object({
      strategy: Strategy,
      chosen: z.int(),
      heldOut: z.int(),
      success: z.number().nullable().meta({ description: "Of the hold-out, so without bias" }),
      successLow: z.number(),
      successHigh: z.number(),
      utility: z.number().nullable(),
    }),
  ),
});
export type DispatchMeasure = z.infer<typeof DispatchMeasure>;

export const WhatIfDispatchInput = z.object({
  capability: Capability,
  labels: z.array(Label).max(50).default([]),
  itemType: ItemType.optional(),
  priority: Priority.optional(),
  deadlineSeconds: z.number().positive().max(31_536_000).optional(),
  budgetUsd: z.number().min(0).max(1_000_000).optional(),
  allowed: z.array(Strategy).min(1).max(4).optional(),
});
export type WhatIfDispatchInput = z.infer<typeof WhatIfDispatchInput>;

export const WhatIfDispatch = z.object(Choice);
export type WhatIfDispatch = z.infer<typeof WhatIfDispatch>;

export const DispatchSettingsView = z.object({
  settings: DispatchSettings,
  byDefault: z.boolean().meta({ description: "Nobody in the tenant has said anything" }),
  updatedBy: z.string().nullable(),
  updatedAt: Timestamp.nullable(),
});
export type DispatchSettingsView = z.infer<typeof DispatchSettingsView>;

export const SetDispatchSettingsInput = DispatchSettingsChange;

export const StepAgentInput = z.object({ stepId: StepId });

export const StepAgentView = z.object({
  stepId: StepId,
  capability: Capability.nullable(),
  /** The agent that it was meant for. */
  preferred: z
    .object({ agentId: AgentId, name: z.string(), until: Timestamp.nullable(), why: z.string() })
    .nullable(),
  attempts: z.array(
    z.object({
      agentId: AgentId.nullable(),
      name: z.string(),
      claimedAt: Timestamp,
      how: z.enum(["preferred", "stolen", "queue"]).meta({
        description:
          "preferred: it was meant for it; stolen: it was meant for another who did not come in time; queue: the first that was free",
      }),
      why: z.string(),
    }),
  ),
  decision: DispatchDecisionView.nullable(),
});
export type StepAgentView = z.infer<typeof StepAgentView>;
