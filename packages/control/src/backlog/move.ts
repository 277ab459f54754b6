import { MoveBacklogItemInput, type MoveBacklogItemResult } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findItems, lockPack, moveItem, type MovedItem } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";

/** Puts an item before or after another one of its pack. From then on imports leave the order of the pack alone. */
export function moveBacklogItem(
  ctx: MemberContext,
  input: MoveBacklogItemInput,
): Promise<z.infer<typeof MoveBacklogItemResult>> {
  const spec = {
    name: "backlog.move",
    permission: "backlog.write",
    input: MoveBacklogItemInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { item, before, after }) => {
    const itemId = toUuid("backlogItem", item);
    const targetId = toUuid("backlogItem", before ?? after ?? "");
    const found = await findItems(tx.db, ctx.tenantId, [itemId, targetId]);
    const moving = found.find(({ id }) => id === itemId);
    const target = found.find(({ id }) => id === targetId);
    if (moving === undefined || target === undefined) {
      throw new NofxError("not_found", { detail: "There is no such item in this tenant." });
    }
    if (moving.pack_id !== target.pack_id) {
      const message = `${moving.key} is of pack ${moving.pack}, ${target.key} of ${target.pack}`;
      const path = before === undefined ? "/after" : "/before";
      throw new NofxError("invalid_input", { issues: [{ path, message }] });
    }
    await lockPack(tx.db, moving.pack_id);
    const side = before === undefined ? "after" : "before";
    const from = await moveItem(tx.db, { packId: moving.pack_id, itemId, targetId, side });
    if (from === undefined) return { moved: false, undo: null };
    tx.emit({ type: "backlog.edited", payload: { pack: moving.pack, items: 1 } });
    await tx.audit("backlog.edited", {
      pack: moving.pack,
      items: 1,
      moved: moving.key,
      [side]: target.key,
    });
    return { moved: true, undo: wayBack(item, from) };
  });
}

function wayBack(item: MoveBacklogItemInput["item"], from: MovedItem) {
  if (from.previous !== null) return { item, after: toId("backlogItem", from.previous) };
  return from.next === null ? null : { item, before: toId("backlogItem", from.next) };
}
