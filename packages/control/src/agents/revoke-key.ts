import { OneAgentKey, type AgentKeyView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { findAgentKey, revokeAgentKeys } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { findAgent } from "./find-agent.ts";
import { viewAgentKey } from "./view.ts";

/** Ends a key at once: refused here from now on, with its tokens in every process within five seconds. Done twice it is done once. */
export async function revokeAgentKey(
  ctx: MemberContext,
  input: z.input<typeof OneAgentKey>,
): Promise<AgentKeyView> {
  const spec = {
    name: "agents.revokeKey",
    permission: "agent.manage",
    input: OneAgentKey,
  } as const;
  const view = await runCommand(ctx, spec, input, async (tx, wanted) => {
    const { tenantId } = ctx;
    const of = { tenantId, agentId: await findAgent(tx.db, tenantId, wanted.agentId) };
    const keyId = toUuid("agentKey", wanted.keyId);
    const revoked = await revokeAgentKeys(tx.db, of, keyId, ctx.actor.id);
    const key = await findAgentKey(tx.db, of, keyId);
    if (key === undefined) throw noSuchAgentKey();
    if (revoked.length > 0) {
      tx.emit({ type: "agent.changed", payload: { agent_id: of.agentId } });
      await tx.audit("agent_key.revoked", { agent_id: of.agentId, key_id: keyId });
    }
    return viewAgentKey(key);
  });
  ctx.plane.agentTokens.forget();
  return view;
}

export function noSuchAgentKey(): NofxError {
  return new NofxError("not_found", {
    detail: "This agent has no such key. npx nofx agents keys list AGENT shows those that it has.",
  });
}
