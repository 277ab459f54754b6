import { z } from "zod";
import { ApprovalStatus, StepKind, StepStatus } from "@nofx/core/vocabulary";

export const ArtifactRow = z.object({
  id: z.string(),
  name: z.string(),
  content_type: z.string(),
  size: z.number(),
  sha256: z.string(),
  path: z.string(),
});
export type ArtifactRow = z.infer<typeof ArtifactRow>;

/** A value that the database leaves out where there is none. */
const orNull = <T extends z.ZodType>(value: T) =>
  value.nullish().transform((given) => given ?? null);

/** A list that the database leaves out where it is empty. */
const orNone = <T extends z.ZodType>(row: T) =>
  z
    .array(row)
    .nullish()
    .transform((rows) => rows ?? []);

/** What `engine.describe` says about a claimed step. Ids are raw uuids. */
export const ClaimedStepRow = z.object({
  id: z.string(),
  tenant_id: z.string(),
  run_id: z.string(),
  name: z.string(),
  title: z.string(),
  kind: StepKind,
  kind_version: z.number(),
  capability: orNull(z.string()),
  epoch: z.number(),
  lease_until: z.string(),
  /** Since when it could be claimed. */
  run_at: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  token: z.string(),
  failures: z.number(),
  crashes: z.number(),
  max_failures: z.number(),
  max_crashes: z.number(),
  correlation_id: z.string(),
  traceparent: orNull(z.string()),
  workspace: orNull(z.string()),
  /** Whose workspace it goes on with: its own run's, or that of the run it continues. */
  workspace_run: z.string(),
  shell: z.string(),
  checkpoints: orNone(z.object({ name: z.string(), value: z.unknown() })),
  approvals: orNone(
    z.object({
      name: z.string(),
      status: ApprovalStatus,
      arguments: z.record(z.string(), z.unknown()),
      edited: z.boolean().default(false),
      reason: z.string().nullable(),
    }),
  ),
  needs: orNone(
    z.object({
      name: z.string(),
      status: StepStatus,
      output: z.unknown(),
      artifacts: z.array(ArtifactRow),
    }),
  ),
  inputs: orNone(ArtifactRow.extend({ from: z.string(), to: z.string() })),
});
export type ClaimedStepRow = z.infer<typeof ClaimedStepRow>;

/** Fills in what the database left out because it is empty. */
export function fillClaimed(row: Partial<ClaimedStepRow>): void {
  row.capability ??= null;
  row.traceparent ??= null;
  row.workspace ??= null;
  row.checkpoints ??= [];
  row.approvals ??= [];
  row.needs ??= [];
  row.inputs ??= [];
}

export const AnnouncedArtifact = ArtifactRow.extend({ tenant_id: z.string() });
export type AnnouncedArtifact = z.infer<typeof AnnouncedArtifact>;
