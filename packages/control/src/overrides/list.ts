import { ListOverridesInput, OverridePage } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { listOverrides as query } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { loadRules } from "../gates/load-rules.ts";
import { viewOverride } from "./view.ts";

/** The tenant's overrides, or those of one plan, newest first: also those that count no more. */
export function listOverrides(
  ctx: MemberContext,
  input: z.input<typeof ListOverridesInput>,
): Promise<z.infer<typeof OverridePage>> {
  return runQuery(ctx, ListOverridesInput, input, async (tx, { planId, ...filter }) => {
    const { digest } = await loadRules(ctx, tx);
    const page = await query(tx.db, {
      ...filter,
      tenantId: ctx.tenantId,
      planId: planId === undefined ? undefined : toUuid("plan", planId),
    });
    return OverridePage.parse({
      items: page.items.map((row) => viewOverride(row, digest)),
      nextCursor: page.nextCursor,
      total: null,
    });
  });
}
