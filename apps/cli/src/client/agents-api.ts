import {
  AgentCard,
  AgentDetail,
  AgentEndpointView,
  AgentKeyList,
  AgentKeyView,
  AgentPage,
  AgentView,
  DemandList,
  ImportedAgent,
  IssuedAgentKey,
  OneAgent,
  RotatedAgentEndpointSecret,
  SetAgentEndpoint,
  type CreateAgentInput,
  type ImportAgentInput,
  type IssueAgentKeyInput,
  type ListAgentsInput,
  type SetAgentEndpointInput,
  type UpdateAgentInput,
} from "@nofx/core/api";
import type { z } from "zod";
import { ask, command, type RequestOptions } from "./request.ts";

export type AgentVerb = "drain" | "resume" | "quarantine" | "retire";
type Body<S extends z.ZodType> = Omit<z.input<S>, "agentId">;

/** The registry of agents. */
export function agentsApi(options: RequestOptions) {
  const at = (agent: string, rest = "") => `/agents/${encodeURIComponent(agent)}${rest}`;
  return {
    agents: (question: Omit<z.input<typeof ListAgentsInput>, "limit"> & { limit?: number }) =>
      ask(options, "/agents", AgentPage, question),
    agent: (agent: string) => ask(options, at(agent), AgentDetail),
    agentCard: (agent: string) => ask(options, at(agent, "/card"), AgentCard),
    agentDemand: () => ask(options, "/agents/demand", DemandList),
    createAgent: (input: z.input<typeof CreateAgentInput>, key: string) =>
      command(options, "/agents", AgentView, input, key),
    updateAgent: (agent: string, input: Body<typeof UpdateAgentInput>, key: string) =>
      command(options, at(agent, "/update"), AgentView, input, key),
    importAgent: (input: z.input<typeof ImportAgentInput>, key: string) =>
      command(options, "/agents/import", ImportedAgent, input, key),
    changeAgent: (agent: string, verb: AgentVerb, body: { reason?: string }, key: string) =>
      command(options, at(agent, `/${verb}`), AgentView, body, key),
    agentEndpoint: (agent: string) => ask(options, at(agent, "/endpoint"), AgentEndpointView),
    setAgentEndpoint: (agent: string, input: Body<typeof SetAgentEndpointInput>, key: string) =>
      command(options, at(agent, "/endpoint"), SetAgentEndpoint, input, key),
    switchAgentEndpoint: (agent: string, active: boolean, key: string) =>
      command(options, at(agent, "/endpoint/switch"), AgentEndpointView, { active }, key),
    removeAgentEndpoint: (agent: string, key: string) =>
      command(options, at(agent, "/endpoint/remove"), OneAgent, {}, key),
    rotateAgentEndpointSecret: (agent: string, key: string) =>
      command(options, at(agent, "/endpoint/rotate-secret"), RotatedAgentEndpointSecret, {}, key),
    agentKeys: (agent: string) => ask(options, at(agent, "/keys"), AgentKeyList),
    issueAgentKey: (agent: string, input: Body<typeof IssueAgentKeyInput>, key: string) =>
      command(options, at(agent, "/keys"), IssuedAgentKey, input, key),
    rotateAgentKey: (agent: string, id: string, overlapSeconds: number | undefined, key: string) =>
      command(options, at(agent, `/keys/${id}/rotate`), IssuedAgentKey, { overlapSeconds }, key),
    revokeAgentKey: (agent: string, id: string, key: string) =>
      command(options, at(agent, `/keys/${id}/revoke`), AgentKeyView, {}, key),
  };
}
