import { pageOf, PageInput } from "@nofx/core/api";
import { AgentId, Capability, toId } from "@nofx/core/vocabulary";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

export const AgentView = z.object({
  id: AgentId,
  name: z.string(),
  description: z.string(),
  capabilities: z.array(Capability),
  status: z.enum(["active", "draining", "quarantined", "retired"]),
  lastSeenAt: z.iso.datetime().nullable(),
});
export type AgentView = z.infer<typeof AgentView>;
export const AgentPage = pageOf(AgentView);

/** The tenant's agents by name; the cursor is the last name. */
export function listAgents(
  ctx: MemberContext,
  input: z.input<typeof PageInput>,
): Promise<z.infer<typeof AgentPage>> {
  return runQuery(ctx, PageInput, input, async (tx, { cursor, limit }) => {
    const rows = await tx.db
      .selectFrom("agent_registry")
      .select(["id", "name", "description", "capabilities", "status", "last_seen_at"])
      .where("tenant_id", "=", ctx.tenantId)
      .$if(cursor !== undefined, (query) => query.where("name", ">", cursor ?? ""))
      .orderBy("name")
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit);
    return {
      items: items.map((row) => ({
        id: toId("agent", row.id),
        name: row.name,
        description: row.description,
        capabilities: row.capabilities,
        status: AgentView.shape.status.parse(row.status),
        lastSeenAt: row.last_seen_at?.toISOString() ?? null,
      })),
      nextCursor: rows.length > limit ? (items.at(-1)?.name ?? null) : null,
      total: null,
    };
  });
}
