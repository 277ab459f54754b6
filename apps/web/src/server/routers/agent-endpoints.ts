import {
  getAgentEndpoint,
  removeAgentEndpoint,
  rotateAgentEndpointSecret,
  setAgentEndpoint,
  switchAgentEndpoint,
} from "@nofx/control/push";
import {
  AgentEndpointView,
  OneAgent,
  RotatedAgentEndpointSecret,
  SetAgentEndpoint,
  SetAgentEndpointInput,
  SwitchAgentEndpointInput,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "agents";

export const agentEndpointsRouter = {
  get: query
    .meta(
      rest("/agents/{agentId}/endpoint", TAG, {
        operationId: "getAgentEndpoint",
        summary: "Where the steps of an agent that is a function are posted to",
      }),
    )
    .input(OneAgent)
    .output(AgentEndpointView)
    .query(({ ctx, input }) => getAgentEndpoint(ctx.member, input)),

  set: command
    .meta(
      restCommand("/agents/{agentId}/endpoint", TAG, {
        operationId: "setAgentEndpoint",
        summary: "Post the steps of an agent to a function, or change where and how many",
        description:
          "Each step is one POST, signed as Standard Webhooks say, with a short-lived token for the agent API; `handlePush` of the SDK takes it. 429 says that it is full, any other 4xx that nothing was begun; after 5xx and silence the lease decides. 410 disables the endpoint.",
      }),
    )
    .input(SetAgentEndpointInput)
    .output(SetAgentEndpoint)
    .mutation(({ ctx, input }) => setAgentEndpoint(ctx.member, input)),

  switch: command
    .meta(
      restCommand("/agents/{agentId}/endpoint/switch", TAG, {
        operationId: "switchAgentEndpoint",
        summary: "Post nothing to a function for a while, or go on",
      }),
    )
    .input(SwitchAgentEndpointInput)
    .output(AgentEndpointView)
    .mutation(({ ctx, input }) => switchAgentEndpoint(ctx.member, input)),

  remove: command
    .meta(
      restCommand("/agents/{agentId}/endpoint/remove", TAG, {
        operationId: "removeAgentEndpoint",
        summary: "Have an agent claim its steps itself again",
      }),
    )
    .input(OneAgent)
    .output(OneAgent)
    .mutation(({ ctx, input }) => removeAgentEndpoint(ctx.member, input)),

  rotateSecret: command
    .meta(
      restCommand("/agents/{agentId}/endpoint/rotate-secret", TAG, {
        operationId: "rotateAgentEndpointSecret",
        summary: "Make a new secret; for a day both sign",
      }),
    )
    .input(OneAgent)
    .output(RotatedAgentEndpointSecret)
    .mutation(({ ctx, input }) => rotateAgentEndpointSecret(ctx.member, input)),
} satisfies TRPCRouterRecord;
