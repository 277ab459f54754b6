import { ArtifactLineageInput, ItemLineageInput, LineageView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import {
  loadLineage,
  type LineageArtifactRecord,
  type LineagePlanRecord,
  type LineageRecord,
  type LineageRunRecord,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

/** All that became of a backlog item: plan versions, verdicts, approvals, runs, artifacts. */
export function getItemLineage(
  ctx: MemberContext,
  input: z.input<typeof ItemLineageInput>,
): Promise<LineageView> {
  return runQuery(ctx, ItemLineageInput, input, async (tx, { itemId }) => {
    const found = await loadLineage(tx.db, {
      tenantId: ctx.tenantId,
      itemId: toUuid("backlogItem", itemId),
    });
    return view(found, "There is no such backlog item in this tenant.");
  });
}

/** The same from its other end: what an artifact was made for, and who decided so. */
export function getArtifactLineage(
  ctx: MemberContext,
  input: z.input<typeof ArtifactLineageInput>,
): Promise<LineageView> {
  return runQuery(ctx, ArtifactLineageInput, input, async (tx, { artifactId }) => {
    const found = await loadLineage(tx.db, {
      tenantId: ctx.tenantId,
      artifactId: toUuid("artifact", artifactId),
    });
    return view(found, "There is no such artifact in this tenant.");
  });
}

function view(found: LineageRecord | undefined, missing: string): LineageView {
  if (found === undefined) throw new NofxError("not_found", { detail: missing });
  const { item, artifact, plans, task, spend } = found;
  return LineageView.parse({
    item: item === null ? null : { ...item, id: toId("backlogItem", item.id) },
    artifact: artifact === null ? null : viewArtifact(artifact),
    plans: plans.map(viewPlan),
    task: task === null ? null : viewRun(task),
    spend: spend === null ? null : { costUsd: spend.cost_usd, tokens: spend.tokens },
  });
}

const iso = (at: string) => new Date(at).toISOString();
const isoOrNull = (at: string | null) => (at === null ? null : iso(at));

function viewPlan(plan: LineagePlanRecord) {
  const { created_at, created_by, runs, steps, approvals, snapshots, ...rest } = plan;
  return {
    ...rest,
    id: toId("plan", plan.id),
    createdAt: iso(created_at),
    createdBy: created_by,
    steps: steps.map(({ arguments_digest, ...step }) => ({
      ...step,
      argumentsDigest: arguments_digest,
    })),
    approvals: approvals.map(({ requested_by, requested_at, decisions, ...approval }) => ({
      ...approval,
      id: toId("approval", approval.id),
      requestedBy: requested_by,
      requestedAt: iso(requested_at),
      decisions: decisions.map((one) => ({ ...one, at: iso(one.at) })),
    })),
    snapshots: snapshots.map((one) => ({ ...one, at: iso(one.at) })),
    runs: runs.map(viewRun),
  };
}

function viewRun({ id, status, created_at, finished_at, steps }: LineageRunRecord) {
  return {
    id: toId("run", id),
    status,
    createdAt: iso(created_at),
    finishedAt: isoOrNull(finished_at),
    steps: steps.map(({ finished_at: ended, artifacts, ...step }) => ({
      ...step,
      id: toId("step", step.id),
      finishedAt: isoOrNull(ended),
      artifacts: artifacts.map(viewArtifact),
    })),
  };
}

function viewArtifact({ created_at, ...artifact }: LineageArtifactRecord) {
  return { ...artifact, id: toId("artifact", artifact.id), createdAt: iso(created_at) };
}
