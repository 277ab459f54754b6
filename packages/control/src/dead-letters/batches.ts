import { PageInput, RedriveBatchPage, RedriveBatchView, StopBatchInput } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { listRedriveBatches as query, type RedriveBatchRecord } from "@nofx/db/queries";
import { sql } from "kysely";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";

/** Bulk redrives, newest first, with what became of their letters so far. */
export function listRedriveBatches(
  ctx: MemberContext,
  input: z.input<typeof PageInput>,
): Promise<z.infer<typeof RedriveBatchPage>> {
  return runQuery(ctx, PageInput, input, async (tx, page) => {
    const found = await query(tx.db, { ...page, tenantId: ctx.tenantId });
    return RedriveBatchPage.parse({
      items: found.items.map(toBatchView),
      nextCursor: found.nextCursor,
      total: null,
    });
  });
}

/** Stops a bulk redrive: what is under way goes on, nothing more begins. */
export function stopRedriveBatch(
  ctx: MemberContext,
  input: z.input<typeof StopBatchInput>,
): Promise<RedriveBatchView> {
  const spec = {
    name: "deadLetters.stopBatch",
    permission: "run.control",
    input: StopBatchInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const batchId = toUuid("redriveBatch", parsed.batchId);
    const { numAffectedRows } = await sql`
      update redrive_batches set status = 'stopped', ended_at = clock_timestamp()
      where id = ${batchId}::uuid and tenant_id = ${ctx.tenantId}::uuid and status = 'running'
    `.execute(tx.db);
    const { items } = await query(tx.db, { tenantId: ctx.tenantId, batchId, limit: 1 });
    const batch = items[0];
    if (batch === undefined) {
      throw new NofxError("not_found", { detail: "There is no such batch in this tenant." });
    }
    if (numAffectedRows === 1n) {
      const { succeeded, failed, skipped } = batch;
      await tx.audit("redrive_batch.stopped", { batch_id: batchId });
      tx.emit({
        type: "redrive_batch.ended",
        payload: { batch_id: batchId, status: "stopped", succeeded, failed, skipped },
      });
    }
    return toBatchView(batch);
  });
}

function toBatchView(batch: RedriveBatchRecord): RedriveBatchView {
  return RedriveBatchView.parse({
    id: toId("redriveBatch", batch.id),
    status: batch.status,
    total: batch.total,
    waiting: batch.waiting,
    redriving: batch.redriving,
    succeeded: batch.succeeded,
    failed: batch.failed,
    skipped: batch.skipped,
    maxPerMinute: batch.max_per_minute,
    stopOnRepeat: batch.stop_percent !== null,
    createdAt: batch.created_at.toISOString(),
    createdBy: batch.created_by_name,
    endedAt: batch.ended_at?.toISOString() ?? null,
  });
}
