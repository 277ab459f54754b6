import { z } from "zod";
import { StepKind, StepName } from "./steps.ts";
import { StorableJson, storableText } from "./text.ts";

export const ItemType = z.enum(["bug", "feature", "chore", "research"]);
export type ItemType = z.infer<typeof ItemType>;

/** Priorities as people say them: 1 is the most urgent, 5 the least. */
export const Priority = z.int().min(1).max(5);

export const Label = storableText(64, 1).regex(/^[^\s,]+$/, "labels have no spaces or commas");

export const RiskLabel = z.enum(["irreversible", "production", "secrets", "external"]);
export type RiskLabel = z.infer<typeof RiskLabel>;

/** The longest that an item may wait after one it needs: as long as a step may wait at all. */
export const MAX_LAG_SECONDS = 2_592_000;

/** An item that has to have ended, alone or with how long after its end this one starts. */
export const ItemNeed = z.union(
  [
    StepName,
    z.strictObject({
      item: StepName,
      lagSeconds: z.int().min(0).max(MAX_LAG_SECONDS).default(0),
    }),
  ],
  "use the id of an item, or {item, lagSeconds} with at most 2592000 seconds",
);
export type ItemNeed = z.infer<typeof ItemNeed>;

/** Something that items must have for themselves while they run, like the lock of a repository. */
export const ResourceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._:/-]{0,127}$/, "use 1 to 128 of a-z 0-9 . _ : / -, like repo:web");

/** One item as it is imported. `kind` + `with` is that step; a `type` is mapped to steps by `plan_rules`. */
export const BacklogItemInput = z
  .strictObject({
    id: StepName,
    title: storableText(500, 1),
    description: storableText(20_000).optional(),
    kind: StepKind.optional(),
    type: ItemType.optional(),
    with: StorableJson.optional(),
    needs: z.array(ItemNeed).max(1_000).default([]),
    priority: Priority.default(3),
    labels: z.array(Label).max(50).default([]),
    risk: z.array(RiskLabel).default([]),
    sensitive: z.boolean().default(false),
    owner: storableText(200, 1).optional(),
    resources: z.array(ResourceName).max(20).default([]).meta({
      description:
        "What it must have for itself while it runs: the schedule keeps items of one resource apart",
    }),
    estimateMinutes: z.number().positive().max(525_600).optional().meta({
      description: "How long it takes, as far as whoever writes it knows",
    }),
    undo: StorableJson.optional().meta({
      description:
        "What takes the effect back: {kind: shell | http | agent, with: {...}}, or just the `with` of a shell step",
    }),
    pivot: z.boolean().default(false).meta({
      description: "A point of no return: once it has succeeded, nothing of its run is undone",
    }),
    maxFailures: z.int().min(1).max(20).default(3).meta({
      description: "How many failed attempts end the step",
    }),
    deadlineSeconds: z.int().min(1).max(2_592_000).default(86_400).meta({
      description:
        "No retry begins later than this after the first attempt; time spent waiting for people does not count",
    }),
  })
  .refine((item) => !(item.kind !== undefined && item.type !== undefined), {
    message: "give kind or type, not both",
    path: ["type"],
  });
export type BacklogItemInput = z.infer<typeof BacklogItemInput>;

export const MAX_IMPORT_ITEMS = 20_000;

/** A backlog document, JSON or YAML. */
export const BacklogDocument = z.strictObject({
  version: z.literal(1),
  pack: StepName.meta({ description: "A named set of items released under one policy" }),
  title: storableText(500).optional(),
  workspace: storableText(1_024, 1).optional().meta({
    description: "Folder that is copied for each run, relative to the worker's workspace root",
  }),
  items: z.array(z.unknown()).min(1).max(MAX_IMPORT_ITEMS),
});
export type BacklogDocument = z.infer<typeof BacklogDocument>;
