import { ListAuditInput, OneAuditEntry, type AuditEntryView, type AuditPage } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { uuidOf } from "@nofx/core/vocabulary";
import { listAudit as query } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewEntry } from "./view.ts";

/** The tenant's audit log, newest first. */
export function listAudit(
  ctx: MemberContext,
  input: z.input<typeof ListAuditInput>,
): Promise<AuditPage> {
  return runQuery(ctx, ListAuditInput, input, async (tx, { subject, actor, ...filter }) => {
    const { items, nextCursor } = await query(tx.db, {
      ...filter,
      tenantId: ctx.tenantId,
      // entries name things by their uuids
      subject: subject === undefined ? undefined : (uuidOf(subject) ?? subject),
      actor: actor === undefined ? undefined : (uuidOf(actor) ?? actor),
    });
    return { items: items.map(viewEntry), nextCursor, total: null };
  });
}

export function getAuditEntry(
  ctx: MemberContext,
  input: z.input<typeof OneAuditEntry>,
): Promise<AuditEntryView> {
  return runQuery(ctx, OneAuditEntry, input, async (tx, { seq }) => {
    const { items } = await query(tx.db, { tenantId: ctx.tenantId, seq, seals: true, limit: 1 });
    if (items[0] === undefined) {
      throw new NofxError("not_found", {
        detail: "There is no such entry in this tenant's audit log.",
      });
    }
    return viewEntry(items[0]);
  });
}
