import { z } from "zod";

const TEN_YEARS = 3_650;
const days = z.int().min(1).max(TEN_YEARS).nullable();

export const RetentionPolicy = z.object({
  archiveAfterSeconds: z
    .int()
    .min(0)
    .max(TEN_YEARS * 86_400)
    .nullable()
    .meta({
      description: "How long after its end a run moves to the history; null: it never does",
    }),
  deleteAfterDays: days.meta({
    description: "How long after its end an archived run is deleted, with its files; null: never",
  }),
  eventsAfterDays: days.meta({ description: "How old events are deleted; null: never" }),
});
export type RetentionPolicy = z.infer<typeof RetentionPolicy>;

/** A tenant's policy: what holds, and which of it the tenant has said itself. */
export const RetentionView = RetentionPolicy.extend({
  own: RetentionPolicy.partial().meta({ description: "What this tenant has set" }),
  plane: RetentionPolicy.meta({ description: "What holds where a tenant has set nothing" }),
});
export type RetentionView = z.infer<typeof RetentionView>;

/** What is left out stays as it is. */
export const SetRetentionInput = RetentionPolicy.partial().extend({
  reset: z
    .boolean()
    .default(false)
    .meta({ description: "Forget first what this tenant has set before" }),
});
