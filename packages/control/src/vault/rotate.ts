import { RotateKeyInput, type KeyView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { findSecureKey, holdKey } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { parseInput, runCommand } from "../command/run-command.ts";
import { noSuchKey } from "./view.ts";
import { withoutSecret } from "./without-secret.ts";
import { writeVersion } from "./write-version.ts";

/** Gives a key its next version. The one before can be used until the overlap is over, where the provider refuses the new one. */
export async function rotateKey(
  ctx: MemberContext,
  input: z.input<typeof RotateKeyInput>,
): Promise<KeyView> {
  const spec = {
    name: "keys.rotate",
    permission: "key.manage",
    input: RotateKeyInput,
    body: await withoutSecret(ctx, parseInput(RotateKeyInput, input)),
  } as const;
  return runCommand(ctx, spec, input, async (tx, { keyId, note, secret, overlapSeconds }) => {
    const id = toUuid("secureKey", keyId);
    const key = await findSecureKey(tx.db, ctx.tenantId, id);
    if (key === undefined) throw noSuchKey();
    const { provider, name } = key;
    const held = await holdKey(tx.db, { tenantId: ctx.tenantId, provider, name });
    if (held?.key_id !== id) {
      throw new NofxError("conflict", {
        detail: `This key is retired. Put a new one there: npx nofx keys put ${provider} --name ${name}`,
      });
    }
    return writeVersion(ctx, tx, { provider, name, secret, note, overlapSeconds }, held);
  });
}
