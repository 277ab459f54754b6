import { ArtifactView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { ArtifactId, toId, toUuid } from "@nofx/core/vocabulary";
import { listArtifacts, type ArtifactRecord } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

export const ArtifactQuery = z.object({ artifactId: ArtifactId });

/** One artifact with a signed address for its bytes. */
export function getArtifact(
  ctx: MemberContext,
  input: z.input<typeof ArtifactQuery>,
): Promise<ArtifactView> {
  return runQuery(ctx, ArtifactQuery, input, async (tx, { artifactId }) => {
    const [row] = await listArtifacts(tx.db, {
      tenantId: ctx.tenantId,
      artifactId: toUuid("artifact", artifactId),
    });
    if (row === undefined)
      throw new NofxError("not_found", { detail: "There is no such artifact in this tenant." });
    return viewArtifact(ctx, row);
  });
}

export async function viewArtifact(ctx: MemberContext, row: ArtifactRecord): Promise<ArtifactView> {
  const files = ctx.plane.storage.forTenant(ctx.tenantId);
  return ArtifactView.parse({
    id: toId("artifact", row.id),
    runId: toId("run", row.run_id),
    stepId: toId("step", row.step_id),
    stepName: row.step_name,
    name: row.name,
    contentType: row.content_type,
    size: row.size,
    sha256: row.sha256,
    createdAt: row.created_at.toISOString(),
    url: await files.signDownload("artifacts", row.path, baseName(row.name)),
  });
}

function baseName(name: string): string {
  return name.split("/").at(-1) ?? name;
}
