import { z } from "zod";
import {
  AgentId,
  Capability,
  CriticVerdict,
  DispatchDecisionId,
  RunId,
  SessionId,
  SessionRole,
  SessionStatus,
  StepId,
  StepKind,
  StepStatus,
  Strategy,
  SwarmMode,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

const AgentName = z.object({ id: AgentId, name: z.string() });

export const SessionQuotasView = z.object({
  depth: z.int().meta({ description: "Levels below the root of its tree" }),
  fanOut: z.int(),
  agents: z.int().nullable(),
  usd: z.string().nullable(),
  seconds: z.number(),
  failures: z
    .int()
    .meta({ description: "In a row, before nothing is begun below a place any more" }),
});

export const AgentSessionView = z.object({
  id: SessionId,
  runId: RunId,
  stepId: StepId,
  stepName: z.string(),
  parentId: SessionId.nullable(),
  depth: z.int(),
  asked: z.enum(["auto", ...Strategy.options]),
  strategy: Strategy,
  mode: SwarmMode.nullable(),
  capability: Capability,
  status: SessionStatus,
  rounds: z.int(),
  decisionId: DispatchDecisionId.nullable().meta({
    description: "Why this strategy and these agents: `GET /api/dispatch/decisions`",
  }),
  quotas: SessionQuotasView,
  deadlineAt: Timestamp,
  region: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  costUsd: z.string().meta({ description: "Paid for models below it, once it has ended" }),
  startedAt: Timestamp,
  finishedAt: Timestamp.nullable(),
});
export type AgentSessionView = z.infer<typeof AgentSessionView>;

export const ListSessionsInput = PageInput.extend({
  runId: RunId.optional(),
  status: SessionStatus.optional(),
  strategy: Strategy.optional(),
});
export const AgentSessionPage = pageOf(AgentSessionView);
export type AgentSessionPage = z.infer<typeof AgentSessionPage>;

export const VerdictView = z.object({
  round: z.int(),
  verdict: CriticVerdict,
  score: z.number().nullable(),
  feedback: z.string(),
  doer: AgentName.nullable(),
  reviewer: AgentName.nullable(),
  independent: z.boolean().meta({ description: "Two different agents did and reviewed it" }),
  at: Timestamp,
});

export const EngagementView = z.object({
  stepId: StepId,
  agent: AgentName,
  role: SessionRole,
  outcome: z.string(),
  startedAt: Timestamp,
  endedAt: Timestamp,
});

/** One session, with what its reviewers said and who worked in it. */
export const AgentSessionDetails = AgentSessionView.extend({
  verdicts: z.array(VerdictView),
  engagements: z.array(EngagementView),
});
export type AgentSessionDetails = z.infer<typeof AgentSessionDetails>;

/** A place in the tree of a run: a session, or a step that was spawned, or one that spawned. */
export const HierarchyNode = z.object({
  stepId: StepId,
  parentStepId: StepId.nullable(),
  sessionId: SessionId.nullable().meta({ description: "The one that it is, or works in" }),
  name: z.string(),
  title: z.string(),
  kind: StepKind,
  capability: z.string().nullable(),
  role: SessionRole,
  depth: z.int(),
  path: z.string().meta({ description: "Names from the root down, joined by /" }),
  status: StepStatus,
  agent: AgentName.nullable(),
  attempts: z.int(),
  failures: z.int(),
  crashes: z.int(),
  seconds: z.number().nullable(),
  costUsd: z.string().nullable(),
  errorCode: z.string().nullable(),
  breaker: z.object({
    failures: z.int().meta({ description: "Of what is below it, in a row" }),
    open: z.boolean(),
  }),
  region: z.string().nullable(),
  /** Of a place that is a session. */
  session: z
    .object({
      strategy: Strategy,
      mode: SwarmMode.nullable(),
      status: SessionStatus,
      rounds: z.int(),
    })
    .nullable(),
  createdAt: Timestamp,
  startedAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
});
export type HierarchyNode = z.infer<typeof HierarchyNode>;

export const MAX_HIERARCHY_PAGE = 1_000;

export const HierarchyInput = PageInput.extend({
  runId: RunId,
  limit: z.coerce.number().int().min(1).max(MAX_HIERARCHY_PAGE).default(MAX_HIERARCHY_PAGE),
});
/** Parents before what is below them, subtrees together. */
export const HierarchyPage = pageOf(HierarchyNode);
export type HierarchyPage = z.infer<typeof HierarchyPage>;
