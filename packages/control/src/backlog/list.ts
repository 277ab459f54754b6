import {
  BacklogPage,
  type BacklogSelection,
  ListBacklogInput,
  PackList,
  SelectBacklogInput,
} from "@nofx/core/api";
import { MAX_IMPORT_ITEMS, toId } from "@nofx/core/vocabulary";
import {
  countItems,
  listItemNames,
  listItems,
  listPacks as queryPacks,
  type BacklogItemRecord,
} from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

/** One page of items, in document order, each with what became of it. */
export function listBacklog(
  ctx: MemberContext,
  input: z.input<typeof ListBacklogInput>,
): Promise<z.infer<typeof BacklogPage>> {
  return runQuery(ctx, ListBacklogInput, input, async (tx, filter) => {
    const where = { ...filter, tenantId: ctx.tenantId };
    const page = await listItems(tx.db, where);
    const total = filter.state === undefined ? await countItems(tx.db, where) : null;
    return BacklogPage.parse({ items: page.items.map(toView), nextCursor: page.nextCursor, total });
  });
}

/** Names of all items that a filter finds: up to twenty thousand, as many as one import brings. */
export function selectBacklog(
  ctx: MemberContext,
  input: z.input<typeof SelectBacklogInput>,
): Promise<BacklogSelection> {
  return runQuery(ctx, SelectBacklogInput, input, async (tx, filter) => {
    const where = { ...filter, tenantId: ctx.tenantId, limit: MAX_IMPORT_ITEMS + 1 };
    // what became of an item is worked out by the list alone
    const found =
      filter.state === undefined
        ? await listItemNames(tx.db, where)
        : (await listItems(tx.db, where)).items;
    const items = found
      .slice(0, MAX_IMPORT_ITEMS)
      .map(({ id, key, pack }) => ({ id: toId("backlogItem", id), key, pack }));
    return { items, more: found.length > MAX_IMPORT_ITEMS };
  });
}

function toView(row: BacklogItemRecord) {
  return {
    id: toId("backlogItem", row.id),
    key: row.key,
    pack: row.pack,
    title: row.title,
    description: row.description,
    kind: row.kind,
    type: row.type,
    with: row.arguments,
    needs: row.needs,
    lags: row.lags,
    resources: row.resources,
    estimateMinutes: row.estimate_minutes,
    priority: row.priority,
    labels: row.labels,
    risk: row.risk,
    sensitive: row.sensitive,
    owner: row.owner,
    state: row.state,
    planId: row.plan_id === null ? null : toId("plan", row.plan_id),
    runId: row.run_id === null ? null : toId("run", row.run_id),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** The tenant's packs, the last changed first. */
export function listPacks(
  ctx: MemberContext,
  input: Record<string, never> = {},
): Promise<z.infer<typeof PackList>> {
  return runQuery(ctx, z.object({}), input, async (tx) => {
    const packs = await queryPacks(tx.db, ctx.tenantId);
    return PackList.parse({
      items: packs.map((pack) => ({
        pack: pack.name,
        title: pack.title,
        workspace: pack.workspace,
        items: pack.items,
        latestPlanId: pack.latest_plan_id === null ? null : toId("plan", pack.latest_plan_id),
        latestRunId: pack.latest_run_id === null ? null : toId("run", pack.latest_run_id),
        updatedAt: pack.updated_at.toISOString(),
      })),
    });
  });
}
