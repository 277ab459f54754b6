import { HierarchyInput, type HierarchyPage } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { countHierarchy, readHierarchy } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewNode } from "./view.ts";

/** Who works below whom in a run, and how it goes: parents before what is below them. */
export function hierarchyOfRun(
  ctx: MemberContext,
  input: z.input<typeof HierarchyInput>,
): Promise<HierarchyPage> {
  return runQuery(ctx, HierarchyInput, input, async (tx, { runId, cursor, limit }) => {
    const of = { tenantId: ctx.tenantId, runId: toUuid("run", runId) };
    const page = await readHierarchy(tx.db, { ...of, cursor, limit });
    const total = await countHierarchy(tx.db, of.tenantId, of.runId);
    if (total === 0) await refuseUnknown(tx.db, of);
    return { items: page.items.map(viewNode), nextCursor: page.nextCursor, total };
  });
}

/** A run without sessions has an empty tree; one that is not there has none. */
async function refuseUnknown(
  db: Parameters<typeof countHierarchy>[0],
  { tenantId, runId }: { tenantId: string; runId: string },
): Promise<void> {
  const found = await db
    .selectFrom("runs_all")
    .select("id")
    .where("id", "=", runId)
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  if (found !== undefined) return;
  throw new NofxError("not_found", { detail: "There is no such run in this tenant." });
}
