import {
  ListSnapshotsInput,
  OneSnapshot,
  type SnapshotText,
  type SnapshotView,
} from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findPlan, listSnapshots as query, type SnapshotRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { readSnapshot, snapshotPath } from "./ship.ts";

/** What was kept of a plan: as it was judged, decided on, overridden and executed. */
export function listSnapshots(
  ctx: MemberContext,
  input: z.input<typeof ListSnapshotsInput>,
): Promise<{ items: SnapshotView[] }> {
  return runQuery(ctx, ListSnapshotsInput, input, async (tx, { planId }) => {
    const uuid = toUuid("plan", planId);
    if ((await findPlan(tx.db, ctx.tenantId, uuid)) === undefined) {
      throw new NofxError("not_found", { detail: "There is no such plan in this tenant." });
    }
    const rows = await query(tx.db, { tenantId: ctx.tenantId, planId: uuid });
    return { items: rows.map(view) };
  });
}

/** One snapshot with its text, from storage or on its way there. */
export function getSnapshot(
  ctx: MemberContext,
  input: z.input<typeof OneSnapshot>,
): Promise<SnapshotText> {
  return runQuery(ctx, OneSnapshot, input, async (tx, { digest }) => {
    const [row] = await query(tx.db, { tenantId: ctx.tenantId, digest });
    if (row === undefined) {
      throw new NofxError("not_found", { detail: "There is no such snapshot in this tenant." });
    }
    const path = snapshotPath(ctx.tenantId, row.plan_id, digest);
    const text = row.body ?? (await readSnapshot(ctx.plane.storage, ctx.tenantId, path));
    return { ...view(row), text };
  });
}

const view = (row: SnapshotRecord): SnapshotView => ({
  planId: toId("plan", row.plan_id),
  kind: row.kind,
  digest: row.digest,
  size: row.size,
  at: row.at.toISOString(),
  stored: row.stored,
});
