import type { DescribeRequest, DescribeResponse } from "@nofx/core/contract";
import { toId } from "@nofx/core/vocabulary";
import { describeAgent as storeDescription } from "@nofx/db/queries";
import type { AgentContext } from "../command/context.ts";
import { inTransaction } from "../command/transaction.ts";
import { parseCard } from "./parse-card.ts";

/** An agent describes itself by its card: its words, tags and the titles of what it can do. What it may do is up to people. */
export async function describeAgent(
  ctx: AgentContext,
  request: DescribeRequest,
): Promise<DescribeResponse> {
  const { card, description, tags, capabilities } = parseCard(request.card);
  await inTransaction(ctx, async (tx) => {
    const titles = capabilities.filter(({ capability }) => ctx.capabilities.includes(capability));
    await storeDescription(tx.db, { tenantId: ctx.tenantId, description, tags, card, titles });
    tx.emit({ type: "agent.changed", payload: { agent_id: ctx.actor.id } });
    await tx.audit("agent.changed", { agent_id: ctx.actor.id, description, tags });
  });
  return {
    agentId: toId("agent", ctx.actor.id),
    notAllowed: capabilities
      .map(({ capability }) => capability)
      .filter((capability) => !ctx.capabilities.includes(capability)),
  };
}
