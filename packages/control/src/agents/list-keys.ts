import { OneAgent, type AgentKeyList } from "@nofx/core/api";
import { listAgentKeys as readKeys } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { findAgent } from "./find-agent.ts";
import { viewAgentKey } from "./view.ts";

/** The keys of an agent by their hints: of none the secret, which nobody has. */
export function listAgentKeys(
  ctx: MemberContext,
  input: z.input<typeof OneAgent>,
): Promise<z.infer<typeof AgentKeyList>> {
  return runQuery(ctx, OneAgent, input, async (tx, { agentId }) => {
    const id = await findAgent(tx.db, ctx.tenantId, agentId);
    const rows = await readKeys(tx.db, { tenantId: ctx.tenantId, agentId: id });
    return { keys: rows.map(viewAgentKey) };
  });
}
