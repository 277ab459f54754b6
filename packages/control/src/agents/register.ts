import { AgentId, Capability, storableText, toId } from "@nofx/core/vocabulary";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";

export const RegisterAgentInput = z.strictObject({
  name: Capability.meta({ description: "Unique in the tenant" }),
  description: storableText(2_000).default(""),
  capabilities: z.array(Capability).min(1).max(100),
  team: Capability.optional().meta({ description: "Budgets of a team cover all of its agents" }),
});

export const RegisteredAgent = z.object({ agentId: AgentId, created: z.boolean() });
export type RegisteredAgent = z.infer<typeof RegisteredAgent>;

/** Lists an agent with what it can do. One that is registered already gets the new description and capabilities. */
export function registerAgent(
  ctx: MemberContext,
  input: z.input<typeof RegisterAgentInput>,
): Promise<RegisteredAgent> {
  const spec = {
    name: "agents.register",
    permission: "agent.manage",
    input: RegisterAgentInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { name, description, capabilities, team }) => {
    const known = await tx.db
      .updateTable("agent_registry")
      .set((row) => ({
        description,
        capabilities,
        revision: row("revision", "+", 1),
        ...(team !== undefined && { team }),
      }))
      .where("tenant_id", "=", ctx.tenantId)
      .where("name", "=", name)
      .returning("id")
      .executeTakeFirst();
    const agent =
      known ??
      (await tx.db
        .insertInto("agent_registry")
        .values({
          tenant_id: ctx.tenantId,
          name,
          description,
          capabilities,
          team,
          // they may not answer what their own agent asks
          owner_user_id: ctx.actor.id,
        })
        .returning("id")
        .executeTakeFirstOrThrow());
    tx.emit({ type: "agent.registered", payload: { agent_id: agent.id } });
    await tx.audit("agent.registered", { agent_id: agent.id, capabilities });
    return { agentId: toId("agent", agent.id), created: known === undefined };
  });
}
