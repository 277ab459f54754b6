import { ListSessionsInput, type AgentSessionPage } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { listSessions as query } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewSession } from "./view.ts";

/** Sessions of the tenant, newest first. */
export function listSessions(
  ctx: MemberContext,
  input: z.input<typeof ListSessionsInput>,
): Promise<AgentSessionPage> {
  return runQuery(ctx, ListSessionsInput, input, async (tx, { runId, ...filter }) => {
    const page = await query(tx.db, {
      ...filter,
      tenantId: ctx.tenantId,
      runId: runId === undefined ? undefined : toUuid("run", runId),
    });
    return { items: page.items.map(viewSession), nextCursor: page.nextCursor, total: null };
  });
}
