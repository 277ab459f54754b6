import { z } from "zod";
import { AgentId, TenantId } from "../vocabulary/ids.ts";
import { AgentScope, AgentStatus } from "../vocabulary/agents.ts";
import { Capability } from "../vocabulary/steps.ts";
import { StorableJson, storableText } from "../vocabulary/text.ts";
import { ExternalEventName } from "../vocabulary/waits.ts";
import { Timestamp } from "./values.ts";

export { AgentScope, AgentStatus } from "../vocabulary/agents.ts";

export const AGENT_KEY_PREFIX = "nofx_ak_";

/** `Authorization: Bearer nofx_ak_…` */
export const AgentKey = z
  .string()
  .regex(/^nofx_ak_[A-Za-z0-9_-]{16,200}$/, "expected an agent key that begins with nofx_ak_");

/** `Authorization: Bearer eyJ…`: what a key was exchanged for, a JWT signed with ES256. */
export const AgentToken = z
  .string()
  .max(4_096)
  .regex(/^eyJ[\w-]+\.[\w-]+\.[\w-]{86}$/, "expected a token from POST /token");

/** `GET /agent`: whose key this is. */
export const AgentIdentity = z.object({
  agentId: AgentId,
  name: z.string(),
  tenantId: TenantId,
  capabilities: z.array(Capability),
  status: AgentStatus.optional(),
  scopes: z.array(AgentScope).optional(),
  maxConcurrency: z.int().min(1).nullable().optional().meta({
    description: "How many steps it may hold at once, over all of its processes",
  }),
});
export type AgentIdentity = z.infer<typeof AgentIdentity>;

/** The longest life of a token, and the one it gets where nothing is asked. */
export const TOKEN_SECONDS = 600;

/** `POST /token`, with the key and not with a token: a short-lived one, of the same scopes or fewer. */
export const TokenRequest = z.strictObject({
  scopes: z.array(AgentScope).min(1).max(20).optional().meta({
    description: "Fewer than the key has; all of them where it is left out",
  }),
  seconds: z.int().min(30).max(TOKEN_SECONDS).optional(),
});
export type TokenRequest = z.infer<typeof TokenRequest>;

export const TokenResponse = z.object({
  token: z.string(),
  expiresAt: Timestamp,
  scopes: z.array(AgentScope),
});
export type TokenResponse = z.infer<typeof TokenResponse>;

/** The process of an agent that calls: shown to people and counted as load, decides nothing. */
export const RunnerPresence = z.strictObject({
  version: storableText(64, 1).optional(),
  slots: z.int().min(1).max(10_000),
  busy: z.int().min(0).max(10_000),
});
export type RunnerPresence = z.infer<typeof RunnerPresence>;

/** What one task of an agent takes and answers, as JSON Schema. */
export const DeclaredTask = z.strictObject({
  capability: Capability,
  inputSchema: StorableJson.optional(),
  outputSchema: StorableJson.optional(),
  events: z.record(ExternalEventName, StorableJson).optional(),
});
export type DeclaredTask = z.infer<typeof DeclaredTask>;

/** `POST /agent/introduce`: what the code of this agent is and can do. Told once at its start, and again after a change. */
export const IntroduceRequest = z.strictObject({
  version: storableText(64, 1).meta({ description: "Of the agent's code, as its author counts" }),
  tasks: z.array(DeclaredTask).min(1).max(100),
  concurrency: z.int().min(1).max(10_000),
  runtime: storableText(200, 1).meta({ description: "Like node 24.1.0 linux-x64" }),
  worker: storableText(200, 1).optional().meta({
    description: "The process, under the name that its claims carry",
  }),
});
export type IntroduceRequest = z.infer<typeof IntroduceRequest>;

export const IntroduceResponse = z.object({
  agentId: AgentId,
  name: z.string(),
  status: AgentStatus,
  version: z.string(),
  known: z
    .boolean()
    .meta({ description: "This version was introduced before, with the same tasks" }),
  maxConcurrency: z.int().min(1).nullable(),
  notAllowed: z.array(Capability).meta({
    description: "Tasks that its entry in the registry does not list: it is given no steps of them",
  }),
});
export type IntroduceResponse = z.infer<typeof IntroduceResponse>;

/** How much there is to do for a capability, and who is there to do it. */
export const CapabilityDemand = z.object({
  capability: Capability,
  ready: z.int().meta({ description: "Claimable steps, at most 10,000" }),
  oldestSeconds: z.number(),
  inFlight: z.int(),
  agents: z.int().meta({ description: "Active agents that have it" }),
  runners: z.int().meta({ description: "Their processes" }),
  slots: z.int(),
  busy: z.int(),
  failureRate: z.number().meta({ description: "Of the attempts of the last minutes" }),
});
export type CapabilityDemand = z.infer<typeof CapabilityDemand>;

/** `GET /demand/{capability}`: how many processes a capability asks for, for what scales them. */
export const AgentScaleView = CapabilityDemand.extend({
  desiredRunners: z.int(),
  currentRunners: z.int(),
});
export type AgentScaleView = z.infer<typeof AgentScaleView>;

/** `POST /agent/card`: an agent describes itself by its A2A agent card. */
export const DescribeRequest = z.strictObject({ card: StorableJson });
export type DescribeRequest = z.infer<typeof DescribeRequest>;

export const DescribeResponse = z.object({
  agentId: AgentId,
  notAllowed: z.array(Capability).meta({
    description: "Skills of the card that its entry in the registry does not list",
  }),
});
export type DescribeResponse = z.infer<typeof DescribeResponse>;
