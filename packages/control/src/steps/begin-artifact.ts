import type { ArtifactRequest, ArtifactUpload } from "@nofx/core/contract";
import { toId } from "@nofx/core/vocabulary";
import { beginArtifact as announce } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { claimOf, fencedOnce } from "./fenced.ts";

/** Announces a file and answers where its bytes go; nobody sees it before it is complete. */
export async function beginArtifact(
  ctx: AgentContext,
  stepId: string,
  request: ArtifactRequest,
): Promise<ArtifactUpload> {
  const { epoch, ...file } = request;
  const announced = await fencedOnce(ctx, "artifact", stepId, request, (tx) =>
    announce(tx.db, claimOf(ctx, stepId, epoch), file),
  );
  const files = ctx.plane.storage.forTenant(ctx.tenantId);
  return {
    artifactId: toId("artifact", announced.id),
    uploadUrl: await files.signUpload("artifacts", announced.path),
    method: "PUT",
    headers: { "content-type": announced.content_type },
  };
}
