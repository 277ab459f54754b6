import { EditBacklogInput, type EditBacklogResult } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { editItems, findItems, type EditedItem } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";

/** Adds and removes labels and sets the priority of many items: all of them or none. Answers how to take it back. */
export function editBacklog(
  ctx: MemberContext,
  input: z.input<typeof EditBacklogInput>,
): Promise<EditBacklogResult> {
  const spec = {
    name: "backlog.edit",
    permission: "backlog.write",
    input: EditBacklogInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const ids = [...new Set(parsed.items.map((id) => toUuid("backlogItem", id)))];
    const there = new Set((await findItems(tx.db, ctx.tenantId, ids)).map(({ id }) => id));
    const missing = ids.filter((id) => !there.has(id));
    if (missing.length > 0) {
      throw new NofxError("not_found", {
        detail: `${missing.length} of these items are not there (any more). Read the list again.`,
      });
    }
    const add = [...new Set(parsed.addLabels)];
    const remove = parsed.removeLabels.filter((label) => !add.includes(label));
    const changed = await editItems(tx.db, {
      tenantId: ctx.tenantId,
      ids,
      add,
      remove,
      priority: parsed.priority,
    });
    const full = crowded(changed, add, remove);
    if (full !== undefined) throw full;
    for (const [pack, items] of countByPack(changed)) {
      tx.emit({ type: "backlog.edited", payload: { pack, items } });
      await tx.audit("backlog.edited", {
        pack,
        items,
        added: add,
        removed: remove,
        priority: parsed.priority ?? null,
      });
    }
    return { changed: changed.length, undo: inverse(changed, { add, remove, ...parsed }) };
  });
}

const MAX_LABELS = 50;

function crowded(
  changed: readonly EditedItem[],
  add: readonly string[],
  remove: readonly string[],
) {
  const over = changed.find(({ labels }) => {
    const kept = labels.filter((label) => !remove.includes(label) && !add.includes(label));
    return kept.length + add.length > MAX_LABELS;
  });
  if (over === undefined) return undefined;
  const message = `an item has at most ${MAX_LABELS} labels, and one of these would have more`;
  return new NofxError("invalid_input", { issues: [{ path: "/addLabels", message }] });
}

function countByPack(changed: readonly EditedItem[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { pack } of changed) counts.set(pack, (counts.get(pack) ?? 0) + 1);
  return counts;
}

/** The edits that bring back what the changed items had. */
function inverse(
  changed: readonly EditedItem[],
  edit: { add: readonly string[]; remove: readonly string[]; priority?: number | undefined },
): EditBacklogResult["undo"] {
  const idsOf = (which: (item: EditedItem) => boolean) =>
    changed.filter(which).map(({ id }) => toId("backlogItem", id));
  const undo: EditBacklogResult["undo"] = [];
  for (const label of edit.add) {
    const items = idsOf(({ labels }) => !labels.includes(label));
    if (items.length > 0) undo.push({ items, removeLabels: [label] });
  }
  for (const label of edit.remove) {
    const items = idsOf(({ labels }) => labels.includes(label));
    if (items.length > 0) undo.push({ items, addLabels: [label] });
  }
  if (edit.priority === undefined) return undo;
  for (const priority of new Set(changed.map((item) => item.priority))) {
    if (priority === edit.priority) continue;
    undo.push({ items: idsOf((item) => item.priority === priority), priority });
  }
  return undo;
}
