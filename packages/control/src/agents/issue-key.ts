import { NofxError } from "@nofx/core/errors";
import { AgentId, toUuid } from "@nofx/core/vocabulary";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { digestAgentKey, hintOf, newAgentKey } from "./agent-key.ts";

export const IssueAgentKeyInput = z.strictObject({ agentId: AgentId });

export const IssuedAgentKey = z.object({
  agentId: AgentId,
  hint: z.string(),
  key: z.string().nullable().meta({
    description: "Shown once: null when the answer is repeated for the same Idempotency-Key",
  }),
});
export type IssuedAgentKey = z.infer<typeof IssuedAgentKey>;

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
  const issued = await runCommand(ctx, spec, input, async (tx, { agentId }) => {
    const id = toUuid("agent", agentId);
    const agent = await tx.db
      .selectFrom("agent_registry")
      .select("id")
      .where("tenant_id", "=", ctx.tenantId)
      .where("id", "=", id)
      .executeTakeFirst();
    if (agent === undefined) {
      throw new NofxError("not_found", { detail: "There is no such agent in this tenant." });
    }
    const { id: keyId } = await tx.db
      .insertInto("agent_keys")
      .values({
        tenant_id: ctx.tenantId,
        agent_id: id,
        key_sha256: digestAgentKey(key),
        hint: hintOf(key),
        issued_by: ctx.actor.id,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await tx.audit("agent_key.issued", { agent_id: id, key_id: keyId });
    return { agentId, hint: hintOf(key) };
  });
  return { ...issued, key: ctx.replayed ? null : key };
}
