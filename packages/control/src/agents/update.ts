import { UpdateAgentInput, type AgentView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { listMembers, updateAgent as storeAgent } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { declare, namesOf } from "./capabilities.ts";
import { findAgent } from "./find-agent.ts";
import { readAgent } from "./view.ts";

/** Changes what the registry says of an agent; what is left out stays. A capability that is taken away is not claimed any more. */
export async function updateAgent(
  ctx: MemberContext,
  input: z.input<typeof UpdateAgentInput>,
): Promise<AgentView> {
  const spec = {
    name: "agents.update",
    permission: "agent.manage",
    input: UpdateAgentInput,
  } as const;
  const view = await runCommand(ctx, spec, input, async (tx, wanted) => {
    const { tenantId } = ctx;
    const { agentId, revision, capabilities, ...edit } = wanted;
    const id = await findAgent(tx.db, tenantId, agentId);
    if (edit.owner !== undefined) await refuseStranger(tx, tenantId, edit.owner);
    const names = capabilities && namesOf(capabilities);
    const changed = { ...edit, ...(names && { capabilities: names }) };
    if (!(await storeAgent(tx.db, { tenantId, id, revision }, changed))) {
      throw new NofxError("conflict", {
        detail: "Somebody changed this agent in the meantime. Look at it again, then change it.",
      });
    }
    if (capabilities) await declare(tx.db, { tenantId, id }, capabilities);
    tx.emit({ type: "agent.changed", payload: { agent_id: id } });
    await tx.audit("agent.changed", { agent_id: id, ...changed });
    return readAgent(tx.db, tenantId, id);
  });
  ctx.plane.agentTokens.forget();
  return view;
}

async function refuseStranger(tx: CommandTransaction, tenantId: string, userId: string) {
  const members = await listMembers(tx.db, tenantId);
  if (members.some((member) => member.user_id === userId)) return;
  throw new NofxError("invalid_input", {
    issues: [{ path: "/owner", message: "is no member of this tenant" }],
  });
}
