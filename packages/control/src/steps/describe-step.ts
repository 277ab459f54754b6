import type { ApprovalAnswer, ClaimedStep, NeededArtifact } from "@nofx/core/contract";
import { AgentWith, toId } from "@nofx/core/vocabulary";
import type { ArtifactRow, ClaimedStepRow } from "@nofx/db/leases";
import type { TenantFiles } from "../storage/storage.ts";

/** A claimed step as an agent sees it: prefixed ids, and a signed address for each artifact it may read. */
export async function describeStep(row: ClaimedStepRow, files: TenantFiles): Promise<ClaimedStep> {
  const needs = await Promise.all(
    row.needs.map(async (need) => ({
      name: need.name,
      status: need.status,
      output: need.output ?? null,
      artifacts: await Promise.all(need.artifacts.map((artifact) => sign(artifact, files))),
    })),
  );
  return {
    id: toId("step", row.id),
    runId: toId("run", row.run_id),
    name: row.name,
    title: row.title,
    kind: "agent",
    capability: row.capability ?? "",
    epoch: row.epoch,
    attempt: row.failures + row.crashes + 1,
    leaseUntil: row.lease_until,
    input: AgentWith.shape.input.catch({}).parse(row.arguments["input"]),
    checkpoints: row.checkpoints.map(({ name, value }) => ({ name, value: value ?? null })),
    approvals: row.approvals.map(answerOf),
    needs,
    correlationId: row.correlation_id,
    traceparent: row.traceparent,
  };
}

async function sign(artifact: ArtifactRow, files: TenantFiles): Promise<NeededArtifact> {
  return {
    id: toId("artifact", artifact.id),
    name: artifact.name,
    contentType: artifact.content_type,
    size: artifact.size,
    sha256: artifact.sha256,
    url: await files.signDownload("artifacts", artifact.path),
  };
}

/** What became of a question, in the words of the agent API. */
export function answerOf(approval: {
  name: string;
  status: ClaimedStepRow["approvals"][number]["status"];
  arguments: Record<string, unknown>;
  edited: boolean;
  reason: string | null;
}): ApprovalAnswer {
  const reason = approval.reason === null ? {} : { reason: approval.reason };
  switch (approval.status) {
    case "pending":
      return { name: approval.name, status: "pending" };
    case "approved":
      return approval.edited
        ? { name: approval.name, status: "modified", arguments: approval.arguments, ...reason }
        : { name: approval.name, status: "approved", ...reason };
    case "rejected":
    case "expired":
    case "superseded":
      return { name: approval.name, status: approval.status, ...reason };
    case "cancelled":
      return { name: approval.name, status: "superseded", ...reason };
  }
}
