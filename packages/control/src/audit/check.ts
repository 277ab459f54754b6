import { CheckAuditInput, type AuditCheck } from "@nofx/core/api";
import { createVerifier, entryLine, writeLine } from "@nofx/core/audit";
import { readAuditHead, readChain } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

const PAGE = 5_000;
/** A person waits for the answer; an export is checked without an end. */
const MOST = 50_000;

/** Computes the hashes of a stretch anew: the last 50,000 entries at most. */
export function checkAudit(
  ctx: MemberContext,
  input: z.input<typeof CheckAuditInput>,
): Promise<AuditCheck> {
  return runQuery(ctx, CheckAuditInput, input, async (tx, asked) => {
    const { seq } = await readAuditHead(tx.db, ctx.tenantId);
    const to = Math.min(asked.to ?? seq, seq);
    const from = Math.max(asked.from ?? 1, to - MOST + 1, 1);
    const verifier = createVerifier({ sha256: ctx.plane.sha256, keys: new Map() });
    verifier.line(
      writeLine({
        type: "header",
        format: "nofx.audit.export.v1",
        tenant: ctx.tenantId,
        from,
        to,
        kids: [],
      }),
    );
    let entries = 0;
    for (let next = from; next <= to;) {
      const page = await readChain(tx.db, { tenantId: ctx.tenantId, from: next, to, limit: PAGE });
      for (const entry of page) verifier.line(entryLine(entry));
      entries += page.length;
      if (page.length < PAGE) break;
      next = (page.at(-1)?.seq ?? to) + 1;
    }
    verifier.line(writeLine({ type: "end", entries, digests: 0 }));
    const { ok, firstBad } = verifier.end();
    return { ok, from, to, entries, firstBad };
  });
}
