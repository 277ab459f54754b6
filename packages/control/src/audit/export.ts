import {
  ExportAuditInput,
  ReadAuditExportInput,
  type AuditExport,
  type AuditExportPage,
} from "@nofx/core/api";
import { interleave } from "@nofx/core/audit";
import { NofxError } from "@nofx/core/errors";
import { digestKeys, readAuditHead, readChain, readDigests } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runCommand, runQuery } from "../command/run-command.ts";

/** Begins an export: says what it will hold, and notes in the log itself that somebody took it. */
export function exportAudit(
  ctx: MemberContext,
  input: z.input<typeof ExportAuditInput>,
): Promise<AuditExport> {
  const spec = {
    name: "audit.export",
    permission: "audit.export",
    input: ExportAuditInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { from = 1, to: wanted }) => {
    const { seq } = await readAuditHead(tx.db, ctx.tenantId);
    const to = Math.min(wanted ?? seq, seq);
    if (from > to + 1) {
      throw new NofxError("invalid_input", {
        issues: [{ path: "/from", message: `the newest entry is ${to}` }],
      });
    }
    const range = { tenantId: ctx.tenantId, endFrom: from - 1, endTo: to };
    const { kids, last } = await digestKeys(tx.db, range);
    await tx.audit("audit.exported", { from, to });
    return { tenant: ctx.tenantId, from, to, kids, digests: last };
  });
}

/** The next lines of an export that was begun. */
export function readAuditExport(
  ctx: MemberContext,
  input: z.input<typeof ReadAuditExportInput>,
): Promise<AuditExportPage> {
  authorise(ctx, "audit.export");
  return runQuery(ctx, ReadAuditExportInput, input, async (tx, asked) => {
    const { from, to, after, limit } = asked;
    const tenantId = ctx.tenantId;
    const begin = after === undefined ? from : after + 1;
    const entries = await readChain(tx.db, { tenantId, from: begin, to, limit });
    const whole = entries.length < limit || entries.at(-1)?.seq === to;
    const endTo = whole ? to : (entries.at(-1)?.seq ?? to);
    const digests = await readDigests(tx.db, {
      tenantId,
      // of the stretch before: it signed what the first entry follows
      endFrom: after === undefined ? from - 1 : begin,
      endTo,
      upTo: asked.digests,
    });
    return {
      lines: interleave(entries, digests),
      entries: entries.length,
      digests: digests.length,
      after: whole ? null : endTo,
    };
  });
}
