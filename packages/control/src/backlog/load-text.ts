import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { findUpload } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/** The text that was sent, or that of a finished upload. */
export async function loadText(
  ctx: MemberContext,
  tx: CommandTransaction,
  input: { text?: string | undefined; uploadId?: string | undefined },
): Promise<string> {
  if (input.text !== undefined) return input.text;
  const upload = await findUpload(tx.db, ctx.tenantId, toUuid("upload", input.uploadId ?? ""));
  if (upload === undefined)
    throw new NofxError("not_found", { detail: "There is no such upload." });
  const bytes = await ctx.plane.storage.forTenant(ctx.tenantId).get("uploads", upload.path);
  if (bytes === undefined) {
    throw new NofxError("upload_missing", {
      detail: "Send the file to the upload's signed address first.",
    });
  }
  if (bytes.byteLength !== upload.size) {
    throw new NofxError("invalid_input", {
      detail: `${upload.size} bytes were announced and ${bytes.byteLength} arrived. Announce and send the file again.`,
    });
  }
  return decodeUtf8(bytes);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new NofxError("invalid_json", { detail: "The file is not UTF-8 text.", cause: error });
  }
}
