import { AgentCard, cardOf } from "@nofx/core/agents";
import { OneAgent } from "@nofx/core/api";
import { listAgentCapabilities } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { findAgent } from "./find-agent.ts";
import { loadAgent } from "./view.ts";

/** The A2A agent card of an agent. It is reached through the plane at `origin`, by a task that asks for one of its skills. */
export function getAgentCard(
  ctx: MemberContext,
  input: z.input<typeof OneAgent>,
  origin: string,
): Promise<AgentCard> {
  return runQuery(ctx, OneAgent, input, async (tx, { agentId }) => {
    const { tenantId } = ctx;
    const id = await findAgent(tx.db, tenantId, agentId);
    const agent = await loadAgent(tx.db, tenantId, id);
    const capabilities = await listAgentCapabilities(tx.db, { tenantId, id });
    const imported = agent.card === null ? null : AgentCard.parse(agent.card);
    const { name, description, version, tags } = agent;
    return cardOf(
      { name, description, version, tags, capabilities, imported },
      `${origin}/api/tasks`,
    );
  });
}
