import type { AgentRequest, AgentResponse, AgentRouteName } from "@nofx/core/contract";
import { toId } from "@nofx/core/vocabulary";
import { demandOf } from "../agents/demand.ts";
import { describeAgent } from "../agents/describe.ts";
import { exchangeKey } from "../agents/exchange-key.ts";
import { introduceAgent } from "../agents/introduce.ts";
import type { AgentContext } from "../command/context.ts";
import { readBoardOfAgent, readOnBus } from "../messages/read.ts";
import { registerType } from "../messages/register-type.ts";
import { replyTo } from "../messages/reply.ts";
import { sendOnBus } from "../messages/send.ts";
import { appendLogs } from "../steps/append-logs.ts";
import { askApproval } from "../steps/ask-approval.ts";
import { beginArtifact } from "../steps/begin-artifact.ts";
import { checkpoint } from "../steps/checkpoint.ts";
import { claimSteps, type ClaimOptions } from "../steps/claim.ts";
import { beginToolUse } from "../steps/begin-tool-use.ts";
import { completeArtifact } from "../steps/complete-artifact.ts";
import { emitEvent } from "../steps/emit-event.ts";
import { endToolUse } from "../steps/end-tool-use.ts";
import { heartbeat, heartbeats } from "../steps/heartbeat.ts";
import { sendToStep } from "../steps/send-message.ts";
import { completeStep, failStep, releaseStep } from "../steps/settle.ts";
import { spawnChildren } from "../steps/spawn.ts";
import { waitFor } from "../steps/wait.ts";

export interface AgentCall<N extends AgentRouteName> {
  readonly ctx: AgentContext;
  readonly body: AgentRequest<N>;
  /** Empty on the routes that have none. */
  readonly stepId: string;
  readonly artifactId: string;
  readonly tool: string;
  readonly messageId: string;
  readonly capability: string;
  readonly options: ClaimOptions;
}

export type AgentHandler<N extends AgentRouteName> = (
  call: AgentCall<N>,
) => Promise<AgentResponse<N>>;

/** What answers each endpoint of the contract: one without a handler does not compile. */
export const AGENT_HANDLERS: { readonly [N in AgentRouteName]: AgentHandler<N> } = {
  whoAmI: async ({ ctx }) => ({
    agentId: toId("agent", ctx.actor.id),
    name: ctx.name,
    tenantId: toId("tenant", ctx.tenantId),
    capabilities: [...ctx.capabilities],
    status: ctx.status,
    scopes: [...ctx.scopes],
    maxConcurrency: ctx.maxConcurrency,
  }),
  introduce: ({ ctx, body }) => introduceAgent(ctx, body),
  token: ({ ctx, body }) => exchangeKey(ctx, body),
  describe: ({ ctx, body }) => describeAgent(ctx, body),
  demand: ({ ctx, capability }) => demandOf(ctx, capability),
  claim: ({ ctx, body, options }) => claimSteps(ctx, body, options),
  heartbeats: ({ ctx, body, options }) => heartbeats(ctx, body, options.leaseSeconds),
  heartbeat: ({ ctx, stepId, body, options }) => heartbeat(ctx, stepId, body, options.leaseSeconds),
  checkpoint: ({ ctx, stepId, body }) => checkpoint(ctx, stepId, body),
  approval: ({ ctx, stepId, body }) => askApproval(ctx, stepId, body),
  toolBegin: ({ ctx, stepId, tool, body }) => beginToolUse(ctx, stepId, tool, body),
  toolEnd: ({ ctx, stepId, tool, body }) => endToolUse(ctx, stepId, tool, body),
  wait: ({ ctx, stepId, body }) => waitFor(ctx, stepId, body),
  spawn: ({ ctx, stepId, body }) => spawnChildren(ctx, stepId, body),
  emit: ({ ctx, stepId, body }) => emitEvent(ctx, stepId, body),
  message: ({ ctx, stepId, body }) => sendToStep(ctx, stepId, body),
  send: ({ ctx, body }) => sendOnBus(ctx, body),
  reply: ({ ctx, messageId, body }) => replyTo(ctx, messageId, body),
  read: ({ ctx, body, options }) => readOnBus(ctx, body, options.signal),
  board: ({ ctx, body }) => readBoardOfAgent(ctx, body),
  messageType: ({ ctx, body }) => registerType(ctx, body),
  artifact: ({ ctx, stepId, body }) => beginArtifact(ctx, stepId, body),
  artifactComplete: ({ ctx, stepId, artifactId, body }) =>
    completeArtifact(ctx, stepId, artifactId, body),
  logs: ({ ctx, stepId, body }) => appendLogs(ctx, stepId, body),
  complete: ({ ctx, stepId, body }) => completeStep(ctx, stepId, body),
  fail: ({ ctx, stepId, body }) => failStep(ctx, stepId, body),
  release: ({ ctx, stepId, body }) => releaseStep(ctx, stepId, body),
};
