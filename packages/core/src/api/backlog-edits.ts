import { z } from "zod";
import { BacklogItemId, Label, MAX_IMPORT_ITEMS, Priority } from "../vocabulary/index.ts";
import { ListBacklogInput } from "./backlog.ts";

const items = z.array(BacklogItemId).min(1).max(MAX_IMPORT_ITEMS);
const labels = z.array(Label).max(50);

/** Changes labels and priority of many items at once. */
export const EditBacklogInput = z
  .object({
    items,
    addLabels: labels.default([]),
    removeLabels: labels.default([]),
    priority: Priority.optional(),
  })
  .refine(
    (edit) => edit.addLabels.length + edit.removeLabels.length > 0 || edit.priority !== undefined,
    { message: "give labels to add or remove, or a priority" },
  );
export type EditBacklogInput = z.input<typeof EditBacklogInput>;

export const EditBacklogResult = z.object({
  changed: z.int(),
  undo: z
    .array(
      z.object({
        items,
        addLabels: labels.optional(),
        removeLabels: labels.optional(),
        priority: Priority.optional(),
      }),
    )
    .meta({ description: "Edits that bring back what was, one after the other" }),
});
export type EditBacklogResult = z.infer<typeof EditBacklogResult>;

/** Puts an item right before or after another one of its pack. */
export const MoveBacklogItemInput = z
  .object({
    item: BacklogItemId,
    before: BacklogItemId.optional(),
    after: BacklogItemId.optional(),
  })
  .refine((move) => (move.before === undefined) !== (move.after === undefined), {
    message: "give either before or after",
  });
export type MoveBacklogItemInput = z.infer<typeof MoveBacklogItemInput>;

export const MoveBacklogItemResult = z.object({
  moved: z.boolean(),
  undo: z
    .object({
      item: BacklogItemId,
      before: BacklogItemId.optional(),
      after: BacklogItemId.optional(),
    })
    .nullable(),
});

export const SelectBacklogInput = ListBacklogInput.omit({ cursor: true, limit: true });
export type SelectBacklogInput = z.infer<typeof SelectBacklogInput>;

/** Everything a filter finds, by name only: what a bulk change is made from. */
export const BacklogSelection = z.object({
  items: z.array(z.object({ id: BacklogItemId, key: z.string(), pack: z.string() })),
  more: z.boolean().meta({ description: `There are more than ${MAX_IMPORT_ITEMS}` }),
});
export type BacklogSelection = z.infer<typeof BacklogSelection>;
