import { z } from "zod";
import { Priority, StepName, storableText } from "../vocabulary/index.ts";

/** A plan as a model drew it, once it has been read and mended: the order of the items is the order of the plan. */
export const ModelPlan = z.object({
  items: z
    .array(
      z.object({
        id: StepName,
        needs: z.array(StepName),
        priority: Priority,
        durationSeconds: z.number().min(1).max(2_592_000).nullable(),
      }),
    )
    .min(1),
  note: storableText(2_000).nullable(),
});
export type ModelPlan = z.infer<typeof ModelPlan>;

/** Mechanical mendings: what is meant is beyond doubt, or the backlog itself says it. */
export const RepairKind = z.enum([
  "text_around",
  "trailing_comma",
  "wrapped",
  "loose_form",
  "misspelt_id",
  "duplicate_item",
  "item_missing",
  "need_put_back",
  "unknown_need",
  "self_need",
  "reordered",
]);
export type RepairKind = z.infer<typeof RepairKind>;

export const Repair = z.object({
  kind: RepairKind,
  item: z.string().nullable(),
  message: z.string(),
});
export type Repair = z.infer<typeof Repair>;

/** Why an answer cannot be used. */
export const RefusalCode = z.enum([
  "not_json",
  "wrong_form",
  "unknown_item",
  "too_much_missing",
  "loop",
  "invalid",
]);
export type RefusalCode = z.infer<typeof RefusalCode>;

export const RefusalReason = z.object({
  code: RefusalCode,
  item: z.string().nullable(),
  message: z.string(),
});
export type RefusalReason = z.infer<typeof RefusalReason>;
