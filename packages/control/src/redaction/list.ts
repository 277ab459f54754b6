import { PageInput, RedactionQuery, type RedactionPage, type RedactionView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { findRedaction, listRedactions as query } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { noSuchRedaction, viewRedaction } from "./view.ts";

/** What was redacted in this tenant, newest first. */
export function listRedactions(
  ctx: MemberContext,
  input: z.input<typeof PageInput>,
): Promise<RedactionPage> {
  return runQuery(ctx, PageInput, input, async (tx, filter) => {
    const page = await query(tx.db, { ...filter, tenantId: ctx.tenantId });
    return { items: page.items.map(viewRedaction), nextCursor: page.nextCursor, total: null };
  });
}

/** How far a redaction has come. */
export function getRedaction(
  ctx: MemberContext,
  input: z.input<typeof RedactionQuery>,
): Promise<RedactionView> {
  return runQuery(ctx, RedactionQuery, input, async (tx, { redactionId }) => {
    const id = toUuid("redaction", redactionId);
    const row = await findRedaction(tx.db, ctx.tenantId, { id });
    if (row === undefined) throw noSuchRedaction();
    return viewRedaction(row);
  });
}
