import { createHash } from "node:crypto";
import type { ArtifactCompleteRequest, StoredArtifact } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { announcedArtifact, finishArtifact, type AnnouncedArtifact } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { claimOf, fenced, fencedOnce } from "./fenced.ts";

/** Makes an announced file visible, once storage holds exactly the bytes that were announced. */
export async function completeArtifact(
  ctx: AgentContext,
  stepId: string,
  artifactId: string,
  request: ArtifactCompleteRequest,
): Promise<StoredArtifact> {
  const claim = claimOf(ctx, stepId, request.epoch);
  const id = toUuid("artifact", artifactId);
  const announced = await fenced(ctx, stepId, (tx) => announcedArtifact(tx.db, claim, id));
  if (announced === undefined) throw unknown();
  await verify(ctx, announced);
  const body = { artifactId, ...request };
  const stored = await fencedOnce(ctx, "artifactComplete", stepId, body, (tx) =>
    finishArtifact(tx.db, claim, id),
  );
  if (stored === undefined) throw unknown();
  return {
    artifactId: toId("artifact", stored.id),
    name: stored.name,
    size: stored.size,
    sha256: stored.sha256,
  };
}

async function verify(ctx: AgentContext, announced: AnnouncedArtifact): Promise<void> {
  const bytes = await ctx.plane.storage.forTenant(ctx.tenantId).get("artifacts", announced.path);
  if (bytes === undefined) {
    throw new NofxError("upload_missing", {
      detail: "Send the bytes to uploadUrl first, then complete.",
    });
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (bytes.byteLength !== announced.size || sha256 !== announced.sha256) {
    throw new NofxError("upload_missing", {
      detail:
        "Storage holds other bytes than were announced; announce the file anew and send it again.",
      data: {
        announced: { size: announced.size, sha256: announced.sha256 },
        stored: { size: bytes.byteLength, sha256 },
      },
    });
  }
}

function unknown(): NofxError {
  return new NofxError("not_found", { detail: "This step has announced no such artifact." });
}
