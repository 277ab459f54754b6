import type { IntroduceRequest, IntroduceResponse } from "@nofx/core/contract";
import { toId } from "@nofx/core/vocabulary";
import type { AgentContext } from "../command/context.ts";

/** Notes what the code of an agent is and can do. */
export async function introduceAgent(
  ctx: AgentContext,
  request: IntroduceRequest,
): Promise<IntroduceResponse> {
  return {
    agentId: toId("agent", ctx.actor.id),
    name: ctx.name,
    status: "active",
    version: request.version,
    known: false,
    maxConcurrency: null,
    notAllowed: request.tasks
      .map(({ capability }) => capability)
      .filter((capability) => !ctx.capabilities.includes(capability)),
  };
}
