import { AgentFacets, AgentFacetsInput, ListAgentsInput, type AgentPage } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { AgentStatus } from "@nofx/core/vocabulary";
import { countAgents, listAgents as readAgents } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewAgent } from "./view.ts";

/** The tenant's agents that fit: by name, or the best of a capability first. */
export function listAgents(
  ctx: MemberContext,
  input: z.input<typeof ListAgentsInput>,
): Promise<AgentPage> {
  return runQuery(ctx, ListAgentsInput, input, async (tx, { status, ...filter }) => {
    if (filter.sort !== "name" && filter.capability === undefined) {
      throw new NofxError("invalid_input", {
        issues: [{ path: "/sort", message: `by ${filter.sort} takes a capability` }],
      });
    }
    const of = { ...filter, tenantId: ctx.tenantId, statuses: statusesOf(status) };
    const page = await readAgents(tx.db, of);
    return {
      items: page.items.map((row) => viewAgent(row, row.now)),
      nextCursor: page.nextCursor,
      total: null,
    };
  });
}

/** How many of the agents that fit there are of each status, capability, team and tag. */
export function countAgentFacets(
  ctx: MemberContext,
  input: z.input<typeof AgentFacetsInput>,
): Promise<AgentFacets> {
  return runQuery(ctx, AgentFacetsInput, input, async (tx, { status, ...filter }) => {
    const of = { ...filter, tenantId: ctx.tenantId, statuses: statusesOf(status) };
    const empty = { status: [], capability: [], team: [], tag: [] };
    return AgentFacets.parse({ ...empty, ...Object(await countAgents(tx.db, of)) });
  });
}

function statusesOf(status: AgentStatus | "all"): AgentStatus[] {
  return status === "all" ? AgentStatus.options.filter((one) => one !== "retired") : [status];
}
