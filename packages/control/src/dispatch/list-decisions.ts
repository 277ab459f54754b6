import { ListDispatchDecisionsInput, type DispatchDecisionPage } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { listDispatchDecisions } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewDecision } from "./view-decision.ts";

/** Which strategies were chosen, why and by which numbers, and how that ended; newest first. */
export function listDecisions(
  ctx: MemberContext,
  input: z.input<typeof ListDispatchDecisionsInput>,
): Promise<DispatchDecisionPage> {
  return runQuery(ctx, ListDispatchDecisionsInput, input, async (tx, filter) => {
    const { runId, agentId, hold, ...rest } = filter;
    const { items, nextCursor } = await listDispatchDecisions(tx.db, {
      ...rest,
      tenantId: ctx.tenantId,
      heldOut: hold === undefined ? undefined : hold === "held_out",
      runId: runId === undefined ? undefined : toUuid("run", runId),
      agentId: agentId === undefined ? undefined : toUuid("agent", agentId),
    });
    return { items: items.map(viewDecision), nextCursor, total: null };
  });
}
