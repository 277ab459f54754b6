import { CreateAgentInput, type AgentView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { insertAgent } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { declare, namesOf } from "./capabilities.ts";
import { readAgent } from "./view.ts";

/** Lists an agent. Who makes it owns it, and may not answer what it asks. */
export function createAgent(
  ctx: MemberContext,
  input: z.input<typeof CreateAgentInput>,
): Promise<AgentView> {
  const spec = {
    name: "agents.create",
    permission: "agent.manage",
    input: CreateAgentInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, wanted) => {
    const { tenantId } = ctx;
    const capabilities = namesOf(wanted.capabilities);
    const id = await insertAgent(tx.db, {
      ...wanted,
      tenantId,
      capabilities,
      team: wanted.team ?? null,
      maxConcurrency: wanted.maxConcurrency ?? null,
      owner: ctx.actor.id,
    });
    if (id === undefined) {
      throw new NofxError("conflict", {
        detail: `There is an agent named ${wanted.name} already. Change it: npx nofx agents edit ${wanted.name}`,
      });
    }
    await declare(tx.db, { tenantId, id }, wanted.capabilities);
    tx.emit({ type: "agent.registered", payload: { agent_id: id } });
    await tx.audit("agent.registered", { agent_id: id, capabilities });
    return readAgent(tx.db, tenantId, id);
  });
}
