import {
  countAgentFacets,
  createAgent,
  drainAgent,
  getAgent,
  getAgentCard,
  importAgentCard,
  issueAgentKey,
  listAgentKeys,
  listAgents,
  listDemand,
  quarantineAgent,
  resumeAgent,
  retireAgent,
  revokeAgentKey,
  rotateAgentKey,
  scaleAgents,
  updateAgent,
} from "@nofx/control/agents";
import {
  AgentCard,
  AgentDetail,
  AgentFacets,
  AgentFacetsInput,
  AgentKeyList,
  AgentKeyView,
  AgentPage,
  AgentScaleView,
  AgentView,
  CreateAgentInput,
  DemandList,
  DrainAgentInput,
  ImportAgentInput,
  ImportedAgent,
  IssueAgentKeyInput,
  IssuedAgentKey,
  ListAgentsInput,
  OneAgent,
  OneAgentKey,
  QuarantineAgentInput,
  ResumeAgentInput,
  RetireAgentInput,
  RotateAgentKeyInput,
  ScaleAgentsInput,
  UpdateAgentInput,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { originOf } from "../origin-of.ts";
import { command, query } from "../trpc.ts";

const TAG = "agents";

export const agentsRouter = {
  list: query
    .meta(
      rest("/agents", TAG, {
        operationId: "listAgents",
        summary: "Agents that fit, by name or the best of a capability first",
      }),
    )
    .input(ListAgentsInput)
    .output(AgentPage)
    .query(({ ctx, input }) => listAgents(ctx.member, input)),

  facets: query
    .meta(
      rest("/agents/facets", TAG, {
        operationId: "countAgentFacets",
        summary: "How many agents that fit there are of each status, capability, team and tag",
      }),
    )
    .input(AgentFacetsInput)
    .output(AgentFacets)
    .query(({ ctx, input }) => countAgentFacets(ctx.member, input)),

  demand: query
    .meta(
      rest("/agents/demand", TAG, {
        operationId: "listAgentDemand",
        summary: "What there is to do for each capability, and who is there to do it",
      }),
    )
    .input(z.object({}))
    .output(DemandList)
    .query(({ ctx }) => listDemand(ctx.member)),

  scale: query
    .meta(
      rest("/agents/scale", TAG, {
        operationId: "scaleAgents",
        summary: "How many processes of agents a capability asks for, for an autoscaler",
      }),
    )
    .input(ScaleAgentsInput)
    .output(AgentScaleView)
    .query(({ ctx, input }) => scaleAgents(ctx.member, input)),

  get: query
    .meta(
      rest("/agents/{agentId}", TAG, {
        operationId: "getAgent",
        summary:
          "One agent: versions, keys by their hints, what it can do as declared and as measured, who is there, recent steps",
      }),
    )
    .input(OneAgent)
    .output(AgentDetail)
    .query(({ ctx, input }) => getAgent(ctx.member, input)),

  card: query
    .meta(
      rest("/agents/{agentId}/card", TAG, {
        operationId: "getAgentCard",
        summary: "The A2A agent card of an agent",
      }),
    )
    .input(OneAgent)
    .output(AgentCard)
    .query(({ ctx, input }) => getAgentCard(ctx.member, input, originOf(ctx.headers))),

  create: command
    .meta(restCommand("/agents", TAG, { operationId: "createAgent", summary: "List an agent" }))
    .input(CreateAgentInput)
    .output(AgentView)
    .mutation(({ ctx, input }) => createAgent(ctx.member, input)),

  import: command
    .meta(
      restCommand("/agents/import", TAG, {
        operationId: "importAgentCard",
        summary: "List an agent as its A2A card describes it",
        description: "The card itself, or where it is: public addresses only.",
      }),
    )
    .input(ImportAgentInput)
    .output(ImportedAgent)
    .mutation(({ ctx, input }) => importAgentCard(ctx.member, input)),

  update: command
    .meta(
      restCommand("/agents/{agentId}/update", TAG, {
        operationId: "updateAgent",
        summary: "Change an agent; what is left out stays",
      }),
    )
    .input(UpdateAgentInput)
    .output(AgentView)
    .mutation(({ ctx, input }) => updateAgent(ctx.member, input)),

  drain: command
    .meta(
      restCommand("/agents/{agentId}/drain", TAG, {
        operationId: "drainAgent",
        summary: "Let an agent end what it holds, and give it nothing more",
      }),
    )
    .input(DrainAgentInput)
    .output(AgentView)
    .mutation(({ ctx, input }) => drainAgent(ctx.member, input)),

  resume: command
    .meta(
      restCommand("/agents/{agentId}/resume", TAG, {
        operationId: "resumeAgent",
        summary: "Give an agent steps again; its breaker begins anew",
      }),
    )
    .input(ResumeAgentInput)
    .output(AgentView)
    .mutation(({ ctx, input }) => resumeAgent(ctx.member, input)),

  quarantine: command
    .meta(
      restCommand("/agents/{agentId}/quarantine", TAG, {
        operationId: "quarantineAgent",
        summary: "Take back what an agent holds, and let it do nothing more",
      }),
    )
    .input(QuarantineAgentInput)
    .output(AgentView)
    .mutation(({ ctx, input }) => quarantineAgent(ctx.member, input)),

  retire: command
    .meta(
      restCommand("/agents/{agentId}/retire", TAG, {
        operationId: "retireAgent",
        summary: "End an agent for good: its keys are revoked, its past stays",
      }),
    )
    .input(RetireAgentInput)
    .output(AgentView)
    .mutation(({ ctx, input }) => retireAgent(ctx.member, input)),

  keys: query
    .meta(
      rest("/agents/{agentId}/keys", TAG, {
        operationId: "listAgentKeys",
        summary: "The keys of an agent by their hints",
      }),
    )
    .input(OneAgent)
    .output(AgentKeyList)
    .query(({ ctx, input }) => listAgentKeys(ctx.member, input)),

  issueKey: command
    .meta(
      restCommand("/agents/{agentId}/keys", TAG, {
        operationId: "issueAgentKey",
        summary: "Make a key for an agent; it is shown once",
      }),
    )
    .input(IssueAgentKeyInput)
    .output(IssuedAgentKey)
    .mutation(({ ctx, input }) => issueAgentKey(ctx.member, input)),

  rotateKey: command
    .meta(
      restCommand("/agents/{agentId}/keys/{keyId}/rotate", TAG, {
        operationId: "rotateAgentKey",
        summary: "A new key in the place of one, which ends when the overlap is over",
      }),
    )
    .input(RotateAgentKeyInput)
    .output(IssuedAgentKey)
    .mutation(({ ctx, input }) => rotateAgentKey(ctx.member, input)),

  revokeKey: command
    .meta(
      restCommand("/agents/{agentId}/keys/{keyId}/revoke", TAG, {
        operationId: "revokeAgentKey",
        summary: "End a key at once, with its tokens in every process within five seconds",
      }),
    )
    .input(OneAgentKey)
    .output(AgentKeyView)
    .mutation(({ ctx, input }) => revokeAgentKey(ctx.member, input)),
} satisfies TRPCRouterRecord;
