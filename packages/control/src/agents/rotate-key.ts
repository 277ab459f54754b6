import { RotateAgentKeyInput, type IssuedAgentKey } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { AgentScope, toId, toUuid } from "@nofx/core/vocabulary";
import { endAgentKey, findAgentKey, insertAgentKey, PUSH_KEY_HINT } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { digestAgentKey, hintOf, newAgentKey } from "./agent-key.ts";
import { findAgent } from "./find-agent.ts";
import { noSuchAgentKey } from "./revoke-key.ts";

/** A new key in the place of one, for the same scopes. The one before ends when the overlap is over. */
export async function rotateAgentKey(
  ctx: MemberContext,
  input: z.input<typeof RotateAgentKeyInput>,
): Promise<IssuedAgentKey> {
  const key = newAgentKey();
  const spec = {
    name: "agents.rotateKey",
    permission: "agent.manage",
    input: RotateAgentKeyInput,
  } as const;
  const issued = await runCommand(ctx, spec, input, async (tx, wanted) => {
    const { tenantId } = ctx;
    const of = { tenantId, agentId: await findAgent(tx.db, tenantId, wanted.agentId) };
    const beforeId = toUuid("agentKey", wanted.keyId);
    const before = await findAgentKey(tx.db, of, beforeId);
    if (before === undefined) throw noSuchAgentKey();
    if (before.hint === PUSH_KEY_HINT) {
      throw new NofxError("conflict", {
        detail: `Nobody has this key: what is posted to the agent's endpoint is signed in its name. Rotate the endpoint's secret: npx nofx agents push rotate ${wanted.agentId}`,
      });
    }
    if (!(await endAgentKey(tx.db, of, beforeId, wanted.overlapSeconds))) {
      throw new NofxError("conflict", {
        detail: `This key is ${before.status}. Issue another: npx nofx agents keys issue ${wanted.agentId}`,
      });
    }
    const { name, scopes, expires_at: expiresAt } = before;
    const keyId = await insertAgentKey(tx.db, {
      ...of,
      sha256: digestAgentKey(key),
      hint: hintOf(key),
      name,
      scopes,
      expiresAt,
      rotatedFrom: beforeId,
      by: ctx.actor.id,
    });
    await tx.audit("agent_key.rotated", {
      agent_id: of.agentId,
      key_id: keyId,
      from: beforeId,
      overlap_seconds: wanted.overlapSeconds,
    });
    return {
      agentId: toId("agent", of.agentId),
      keyId: toId("agentKey", keyId),
      hint: hintOf(key),
      scopes: AgentScope.array().parse(scopes),
      expiresAt: expiresAt?.toISOString() ?? null,
    };
  });
  if (input.overlapSeconds === 0) ctx.plane.agentTokens.forget();
  return { ...issued, key: ctx.replayed ? null : key };
}
