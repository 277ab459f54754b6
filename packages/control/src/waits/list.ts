import { ListWaitsInput, type WaitPage } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { listWaits as query } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewWait } from "./view.ts";

/** What the steps of a tenant, or of one run, wait for. */
export function listWaits(
  ctx: MemberContext,
  input: z.input<typeof ListWaitsInput>,
): Promise<WaitPage> {
  return runQuery(ctx, ListWaitsInput, input, async (tx, { runId, ...filter }) => {
    const page = await query(tx.db, {
      ...filter,
      tenantId: ctx.tenantId,
      runId: runId === undefined ? undefined : toUuid("run", runId),
    });
    return {
      items: page.items.map((row) => viewWait(ctx, row)),
      nextCursor: page.nextCursor,
      total: null,
    };
  });
}
