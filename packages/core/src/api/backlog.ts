import { z } from "zod";
import {
  BacklogItemId,
  ItemType,
  PlanId,
  Priority,
  RiskLabel,
  RunId,
  StepKind,
  UploadId,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

export const BacklogItemState = z.enum(["open", "planned", "waiting", "running", "done", "failed"]);
export type BacklogItemState = z.infer<typeof BacklogItemState>;

export const BacklogItemView = z.object({
  id: BacklogItemId,
  key: z.string(),
  pack: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  kind: StepKind.nullable(),
  type: ItemType.nullable(),
  with: z.record(z.string(), z.unknown()).nullable(),
  needs: z.array(z.string()),
  lags: z.record(z.string(), z.number()).meta({
    description:
      "Seconds from the end of a need to the start of this item, where it is not at once",
  }),
  resources: z
    .array(z.string())
    .meta({ description: "What it must have for itself while it runs" }),
  estimateMinutes: z.number().nullable(),
  priority: Priority,
  labels: z.array(z.string()),
  risk: z.array(RiskLabel),
  sensitive: z.boolean(),
  owner: z.string().nullable(),
  state: BacklogItemState,
  planId: PlanId.nullable(),
  runId: RunId.nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type BacklogItemView = z.infer<typeof BacklogItemView>;

export const ListBacklogInput = PageInput.extend({
  pack: z.string().max(128).optional(),
  search: z.string().max(200).optional(),
  state: BacklogItemState.optional(),
});
export type ListBacklogInput = z.infer<typeof ListBacklogInput>;
export const BacklogPage = pageOf(BacklogItemView);
export type BacklogPage = z.infer<typeof BacklogPage>;

export const PackView = z.object({
  pack: z.string(),
  title: z.string().nullable(),
  workspace: z.string().nullable(),
  items: z.int(),
  latestPlanId: PlanId.nullable(),
  latestRunId: RunId.nullable(),
  updatedAt: Timestamp,
});
export type PackView = z.infer<typeof PackView>;
export const PackList = z.object({ items: z.array(PackView) });

export const CreateUploadInput = z.object({
  purpose: z.literal("backlog"),
  contentType: z.enum([
    "application/json",
    "application/yaml",
    "text/yaml",
    "text/csv",
    "text/markdown",
  ]),
  size: z.int().min(1).max(50_000_000),
});
export const UploadView = z.object({
  uploadId: UploadId,
  url: z.url(),
  method: z.literal("PUT"),
  headers: z.record(z.string(), z.string()),
  expiresAt: Timestamp,
});
export type UploadView = z.infer<typeof UploadView>;
