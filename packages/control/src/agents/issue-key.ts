import { IssueAgentKeyInput, IssuedAgentKey } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { holdAgent, insertAgentKey } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { digestAgentKey, hintOf, newAgentKey } from "./agent-key.ts";
import { findAgent } from "./find-agent.ts";

export { IssueAgentKeyInput, IssuedAgentKey };

const DAY_MS = 86_400_000;

/** Makes a key for an agent. Only its digest is stored, so nobody can show it a second time. */
export async function issueAgentKey(
  ctx: MemberContext,
  input: z.input<typeof IssueAgentKeyInput>,
): Promise<IssuedAgentKey> {
  const key = newAgentKey();
  const spec = {
    name: "agents.issueKey",
    permission: "agent.manage",
    input: IssueAgentKeyInput,
  } as const;
  const issued = await runCommand(ctx, spec, input, async (tx, wanted) => {
    const { tenantId } = ctx;
    const id = await findAgent(tx.db, tenantId, wanted.agentId);
    const agent = await holdAgent(tx.db, tenantId, id);
    if (agent?.status === "retired") {
      throw new NofxError("conflict", {
        detail: `${agent.name} is retired: keys would open nothing.`,
      });
    }
    const days = wanted.expiresInDays;
    const expiresAt =
      days === undefined ? null : new Date(ctx.plane.now().getTime() + days * DAY_MS);
    const scopes = [...new Set(wanted.scopes)];
    const keyId = await insertAgentKey(tx.db, {
      tenantId,
      agentId: id,
      sha256: digestAgentKey(key),
      hint: hintOf(key),
      name: wanted.name,
      scopes,
      expiresAt,
      by: ctx.actor.id,
    });
    await tx.audit("agent_key.issued", { agent_id: id, key_id: keyId, scopes });
    return {
      agentId: toId("agent", id),
      keyId: toId("agentKey", keyId),
      hint: hintOf(key),
      scopes,
      expiresAt: expiresAt?.toISOString() ?? null,
    };
  });
  return { ...issued, key: ctx.replayed ? null : key };
}
