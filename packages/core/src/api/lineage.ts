import { z } from "zod";
import {
  ApprovalId,
  ApprovalStatus,
  ArtifactId,
  BacklogItemId,
  GateKind,
  PlanId,
  PlanStatus,
  RunId,
  RunStatus,
  StepId,
  StepStatus,
  Verdict,
} from "../vocabulary/index.ts";
import { Finding } from "./plans.ts";
import { Timestamp } from "./paging.ts";
import { SnapshotKind } from "./audit.ts";

export const LineageArtifact = z.object({
  id: ArtifactId,
  name: z.string(),
  size: z.int(),
  sha256: z.string(),
  createdAt: Timestamp,
});

export const LineageStep = z.object({
  id: StepId,
  name: z.string(),
  status: StepStatus,
  attempts: z.int(),
  finishedAt: Timestamp.nullable(),
  tools: z.array(z.object({ tool: z.string(), version: z.string(), status: z.string() })),
  artifacts: z.array(LineageArtifact),
});

export const LineageRun = z.object({
  id: RunId,
  status: RunStatus,
  createdAt: Timestamp,
  finishedAt: Timestamp.nullable(),
  steps: z.array(LineageStep),
});
export type LineageRun = z.infer<typeof LineageRun>;

export const LineageApproval = z.object({
  id: ApprovalId,
  subject: z.string(),
  title: z.string(),
  status: ApprovalStatus,
  requestedBy: z.string(),
  requestedAt: Timestamp,
  decisions: z.array(
    z.object({
      by: z.string(),
      decision: z.string(),
      reason: z.string().nullable(),
      at: Timestamp,
    }),
  ),
});

/** One version of a plan, as far as it is about the item. */
export const LineagePlan = z.object({
  id: PlanId,
  version: z.int(),
  title: z.string(),
  status: PlanStatus,
  verdict: Verdict,
  digest: z.string(),
  createdAt: Timestamp,
  createdBy: z.string(),
  steps: z.array(z.object({ name: z.string(), verdict: Verdict, argumentsDigest: z.string() })),
  gates: z.array(z.object({ gate: GateKind, verdict: Verdict, findings: z.array(Finding) })),
  approvals: z.array(LineageApproval),
  snapshots: z.array(z.object({ kind: SnapshotKind, digest: z.string(), at: Timestamp })),
  runs: z.array(LineageRun),
});
export type LineagePlan = z.infer<typeof LineagePlan>;

export const LineageView = z.object({
  item: z
    .object({ id: BacklogItemId, key: z.string(), pack: z.string(), title: z.string() })
    .nullable()
    .meta({ description: "Null where an artifact comes from a task, which has no backlog" }),
  artifact: LineageArtifact.nullable().meta({ description: "What the question began with" }),
  plans: z.array(LineagePlan).meta({ description: "Newest first, 50 at most" }),
  task: LineageRun.nullable().meta({ description: "The run of a task that made the artifact" }),
  spend: z
    .object({ costUsd: z.number().nullable(), tokens: z.number().nullable() })
    .nullable()
    .meta({
      description:
        "What the steps of the item reported to have used, over all runs; null where none did",
    }),
});
export type LineageView = z.infer<typeof LineageView>;

export const ItemLineageInput = z.object({ itemId: BacklogItemId });
export const ArtifactLineageInput = z.object({ artifactId: ArtifactId });
