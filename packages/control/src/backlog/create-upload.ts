import { CreateUploadInput, UploadView } from "@nofx/core/api";
import { toId } from "@nofx/core/vocabulary";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";

/** A signed upload is good for two hours, as hosted Supabase has it. */
const UPLOAD_HOURS = 2;

/** Announces a file that is too large for a request body; its bytes go to the signed address. */
export function createUpload(
  ctx: MemberContext,
  input: z.input<typeof CreateUploadInput>,
): Promise<UploadView> {
  const spec = {
    name: "uploads.create",
    permission: "backlog.write",
    input: CreateUploadInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const id = ctx.plane.newUuid();
    const path = `${ctx.tenantId}/${id}`;
    await tx.db
      .insertInto("uploads")
      .values({
        id,
        tenant_id: ctx.tenantId,
        purpose: parsed.purpose,
        path,
        content_type: parsed.contentType,
        size: parsed.size,
        created_by: ctx.actor.id,
      })
      .execute();
    const url = await ctx.plane.storage.forTenant(ctx.tenantId).signUpload("uploads", path);
    return UploadView.parse({
      uploadId: toId("upload", id),
      url,
      method: "PUT",
      headers: { "content-type": parsed.contentType },
      expiresAt: new Date(ctx.plane.now().getTime() + UPLOAD_HOURS * 3_600_000).toISOString(),
    });
  });
}
