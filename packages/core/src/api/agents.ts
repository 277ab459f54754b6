import { z } from "zod";
import { AgentCard } from "../agents/agent-card.ts";
import { AgentScaleView, CapabilityDemand } from "../contract/agents.ts";
import { AgentScope, AgentStatus } from "../vocabulary/agents.ts";
import { AgentId, AgentKeyId, RunId, StepId } from "../vocabulary/ids.ts";
import { StepStatus } from "../vocabulary/statuses.ts";
import { Capability, StepName } from "../vocabulary/steps.ts";
import { StorableJson, storableText } from "../vocabulary/text.ts";
import { PageInput, pageOf, Timestamp } from "./paging.ts";
import { UserId } from "./user-id.ts";

export const AgentName = Capability.meta({
  description: "Unique in the tenant",
  example: "patcher",
});
const Rate = z.number().min(0).max(1);
const Tag = Capability;

/** An agent by its id or by its name. */
export const AgentRef = storableText(64, 1).meta({
  description: "An agent's id or its name",
  example: "patcher",
});
export const OneAgent = z.object({ agentId: AgentRef });

/** A capability, as its author declares it. The names are those of the source documents; theirs for `capability` is `skillId`. */
export const DeclaredCapability = z.strictObject({
  capability: Capability,
  title: storableText(200, 1).optional(),
  proficiencyLevel: Rate.optional(),
  resourceRequirements: StorableJson.optional(),
  averageLatencyMs: z.number().min(0).max(1e12).optional(),
  successRate: Rate.optional(),
  costPerOperation: z.number().min(0).max(1e6).optional().meta({ description: "US dollars" }),
});
export type DeclaredCapability = z.infer<typeof DeclaredCapability>;

const Capabilities = z
  .array(z.union([Capability, DeclaredCapability]))
  .min(1)
  .max(100)
  .meta({ description: "By name, or with what the author declares of it" });

const described = {
  description: storableText(2_000),
  capabilities: Capabilities,
  team: Capability.nullable().meta({ description: "Budgets of a team cover all of its agents" }),
  tags: z.array(Tag).max(20),
  maxConcurrency: z
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .meta({ description: "How many steps it may hold at once, over all of its processes" }),
  breakerEnabled: z.boolean().meta({
    description: "Whether it is quarantined by itself while its attempts fail",
  }),
};

export const CreateAgentInput = z.strictObject({
  name: AgentName,
  description: described.description.default(""),
  capabilities: described.capabilities,
  team: described.team.optional(),
  tags: described.tags.default([]),
  maxConcurrency: described.maxConcurrency.optional(),
  breakerEnabled: described.breakerEnabled.default(true),
});
export type CreateAgentInput = z.infer<typeof CreateAgentInput>;

/** What is left out stays as it is. */
export const UpdateAgentInput = z.strictObject({
  agentId: AgentRef,
  revision: z.int().min(1).optional().meta({ description: "The one that was looked at" }),
  description: described.description.optional(),
  capabilities: described.capabilities.optional(),
  team: described.team.optional(),
  tags: described.tags.optional(),
  maxConcurrency: described.maxConcurrency.optional(),
  breakerEnabled: described.breakerEnabled.optional(),
  owner: UserId.optional().meta({ description: "A member of the tenant" }),
});
export type UpdateAgentInput = z.infer<typeof UpdateAgentInput>;

const reason = storableText(500, 1).meta({ description: "Shown with its status" });
export const DrainAgentInput = z.strictObject({ agentId: AgentRef, reason: reason.optional() });
export const ResumeAgentInput = z.strictObject({ agentId: AgentRef, reason: reason.optional() });
export const QuarantineAgentInput = z.strictObject({ agentId: AgentRef, reason });
export const RetireAgentInput = z.strictObject({ agentId: AgentRef, reason: reason.optional() });

export const AgentSort = z.enum(["name", "success", "latency", "cost"]);
const Listed = z
  .union([AgentStatus, z.literal("all")])
  .default("all")
  .meta({ description: "`all` is without those that are retired" });

const filters = {
  query: storableText(200).optional().meta({
    description: "Words that the name, description, capabilities, tags or team begin with",
  }),
  status: Listed,
  capability: Capability.optional(),
  team: Capability.optional(),
  tag: Tag.optional(),
  owner: UserId.optional(),
};
export const ListAgentsInput = PageInput.extend({
  ...filters,
  sort: AgentSort.default("name").meta({
    description: "All but name need a capability: the best of it first, by what is to be believed",
  }),
});
export type ListAgentsInput = z.infer<typeof ListAgentsInput>;
export const AgentFacetsInput = z.object(filters);

export const AgentLoad = z.object({
  inFlight: z.int().meta({ description: "Steps that it holds" }),
  runners: z.int().meta({ description: "Processes heard of in the last minute" }),
  slots: z.int().meta({ description: "How many steps they take at once, together" }),
  busy: z.int().meta({ description: "As they said last" }),
  queued: z.int().meta({
    description: "Claimable steps of its capabilities, whoever takes them; at most 10,000",
  }),
});
export type AgentLoad = z.infer<typeof AgentLoad>;

export const AgentView = z.object({
  id: AgentId,
  name: z.string(),
  description: z.string(),
  status: AgentStatus,
  statusBy: z.enum(["person", "breaker"]),
  statusReason: z.string().nullable(),
  statusAt: Timestamp,
  trialAt: Timestamp.nullable().meta({
    description: "From then on an agent that its breaker quarantined is given one step at a time",
  }),
  version: z.string().nullable().meta({ description: "Of its code, as it introduced itself last" }),
  capabilities: z.array(Capability),
  team: z.string().nullable(),
  tags: z.array(z.string()),
  owner: z.object({ id: UserId, name: z.string() }).nullable(),
  maxConcurrency: z.int().nullable(),
  online: z.boolean().meta({ description: "One of its processes was heard of in the last minute" }),
  lastSeenAt: Timestamp.nullable(),
  load: AgentLoad.omit({ queued: true }),
  revision: z.int(),
  createdAt: Timestamp,
});
export type AgentView = z.infer<typeof AgentView>;
export const AgentPage = pageOf(AgentView);
export type AgentPage = z.infer<typeof AgentPage>;

const Facet = z.array(z.object({ value: z.string(), count: z.int() }));
export const AgentFacets = z.object({
  total: z.int(),
  status: Facet,
  capability: Facet,
  team: Facet,
  tag: Facet,
});
export type AgentFacets = z.infer<typeof AgentFacets>;

const Numbers = z.object({
  successRate: z.number().nullable(),
  averageLatencyMs: z.number().nullable(),
  costPerOperation: z.number().nullable(),
});

/** A capability of an agent: declared, measured, and what is to be believed of both. */
export const AgentCapabilityView = z.object({
  capability: Capability,
  title: z.string().nullable(),
  declared: Numbers.extend({
    proficiencyLevel: z.number().nullable(),
    resourceRequirements: z.record(z.string(), z.unknown()).nullable(),
  }),
  measured: Numbers.extend({
    successRate: z.number(),
    low: z.number().meta({ description: "The rate is between low and high, 95 times of 100" }),
    high: z.number(),
    samples: z.int().meta({ description: "The newest attempts, which the numbers are of" }),
  }).nullable(),
  believed: Numbers,
  evidence: z.object({
    samples: z.int().meta({ description: "All attempts since" }),
    successes: z.int(),
    since: Timestamp.nullable(),
    lastAt: Timestamp.nullable(),
  }),
  version: z.string().nullable(),
  inputSchema: z.record(z.string(), z.unknown()).nullable(),
  outputSchema: z.record(z.string(), z.unknown()).nullable(),
  events: z.array(z.string()),
});
export type AgentCapabilityView = z.infer<typeof AgentCapabilityView>;

export const AgentVersionView = z.object({
  version: z.string(),
  runtime: z.string(),
  concurrency: z.int(),
  capabilities: z.array(z.string()),
  notAllowed: z.array(z.string()).meta({
    description: "Tasks of its code that the registry does not list for it",
  }),
  introducedAt: Timestamp,
  lastAt: Timestamp,
});
export type AgentVersionView = z.infer<typeof AgentVersionView>;

export const AgentRunnerView = z.object({
  runner: z.string(),
  version: z.string().nullable(),
  runtime: z.string().nullable(),
  slots: z.int(),
  busy: z.int(),
  upSince: Timestamp,
  lastSeenAt: Timestamp,
  online: z.boolean(),
});
export type AgentRunnerView = z.infer<typeof AgentRunnerView>;

export const AgentKeyView = z.object({
  id: AgentKeyId,
  name: z.string(),
  hint: z.string(),
  scopes: z.array(AgentScope),
  status: z.enum(["active", "expired", "revoked"]),
  createdAt: Timestamp,
  issuedBy: z.string().nullable(),
  expiresAt: Timestamp.nullable(),
  rotatedFrom: AgentKeyId.nullable(),
  lastUsedAt: Timestamp.nullable().meta({ description: "To the minute" }),
  revokedAt: Timestamp.nullable(),
});
export type AgentKeyView = z.infer<typeof AgentKeyView>;
export const AgentKeyList = z.object({ keys: z.array(AgentKeyView) });

export const AgentStepView = z.object({
  stepId: StepId,
  runId: RunId.nullable(),
  name: StepName.nullable(),
  title: z.string().nullable(),
  capability: z.string(),
  status: StepStatus.nullable().meta({ description: "Of the step now; null when it was deleted" }),
  outcome: z.enum(["under_way", "succeeded", "failed"]),
  errorCode: z.string().nullable(),
  at: Timestamp.meta({ description: "When it was claimed or, of an attempt that ended, its end" }),
  ms: z.number().nullable(),
  costUsd: z.number().nullable(),
});
export type AgentStepView = z.infer<typeof AgentStepView>;

export const AgentDetail = AgentView.extend({
  load: AgentLoad,
  capabilityDetails: z.array(AgentCapabilityView),
  versions: z.array(AgentVersionView),
  runners: z.array(AgentRunnerView),
  keys: z.array(AgentKeyView),
  breaker: z.object({
    enabled: z.boolean(),
    open: z.boolean(),
    until: Timestamp.nullable(),
    failures: z.int(),
    outcomes: z.int().meta({ description: "The newest attempts that it goes by" }),
    trips: z.int(),
  }),
  recentSteps: z.array(AgentStepView),
  card: z
    .object({ url: z.string().nullable(), name: z.string(), interfaces: z.array(z.string()) })
    .nullable()
    .meta({ description: "The card that it was imported from" }),
});
export type AgentDetail = z.infer<typeof AgentDetail>;

export const ImportAgentInput = z
  .strictObject({
    card: z.record(z.string(), z.unknown()).optional().meta({
      description: "An A2A agent card, of 1.0 or of the versions before",
    }),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .optional()
      .meta({
        description: "Where the card is, like https://agent.example/.well-known/agent-card.json",
      }),
    name: AgentName.optional().meta({ description: "Another than the card's" }),
    replace: z.boolean().default(false).meta({
      description: "Of an agent of that name, change what the card says",
    }),
  })
  .refine((given) => (given.card === undefined) !== (given.url === undefined), {
    message: "give exactly one of card and url",
    path: ["card"],
  });
export type ImportAgentInput = z.infer<typeof ImportAgentInput>;
export const ImportedAgent = z.object({ agentId: AgentId, name: z.string(), created: z.boolean() });
export type ImportedAgent = z.infer<typeof ImportedAgent>;
export { AgentCard };

const ALL_SCOPES = [...AgentScope.options];
export const IssueAgentKeyInput = z.strictObject({
  agentId: AgentRef,
  name: storableText(100, 1).default("key"),
  scopes: z.array(AgentScope).min(1).max(20).default(ALL_SCOPES),
  expiresInDays: z.int().min(1).max(3_650).optional(),
});
export const OneAgentKey = z.strictObject({ agentId: AgentRef, keyId: AgentKeyId });
export const RotateAgentKeyInput = OneAgentKey.extend({
  overlapSeconds: z.int().min(0).max(2_592_000).default(86_400).meta({
    description: "How long the key before can still be used",
  }),
});

export const IssuedAgentKey = z.object({
  agentId: AgentId,
  keyId: AgentKeyId,
  hint: z.string(),
  scopes: z.array(AgentScope),
  expiresAt: Timestamp.nullable(),
  key: z.string().nullable().meta({
    description: "Shown once: null when the answer is repeated for the same Idempotency-Key",
  }),
});
export type IssuedAgentKey = z.infer<typeof IssuedAgentKey>;

export { AgentScaleView, CapabilityDemand };
export const DemandList = z.object({ capabilities: z.array(CapabilityDemand) });

const positive = z.coerce.number().int().min(1);
/** As an autoscaler asks: KEDA's metrics-api scaler and what is like it. */
export const ScaleAgentsInput = z.object({
  capability: Capability,
  perRunner: positive.max(10_000).optional().meta({
    description: "Steps that one process takes at once; as those that are there, unless said",
  }),
  min: z.coerce.number().int().min(0).max(10_000).default(0),
  max: positive.max(10_000).default(20),
  backlogPerPlace: positive.max(100_000).default(1),
  targetSeconds: positive.max(86_400).default(30),
});
