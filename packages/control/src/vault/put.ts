import { PutKeyInput, type KeyView } from "@nofx/core/api";
import { holdKey } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { parseInput, runCommand } from "../command/run-command.ts";
import { withoutSecret } from "./without-secret.ts";
import { writeVersion } from "./write-version.ts";

/** Puts a provider's key into the vault; where there is one of that name, this is its next version. */
export async function putKey(
  ctx: MemberContext,
  input: z.input<typeof PutKeyInput>,
): Promise<KeyView> {
  const spec = {
    name: "keys.put",
    permission: "key.manage",
    input: PutKeyInput,
    body: await withoutSecret(ctx, parseInput(PutKeyInput, input)),
  } as const;
  return runCommand(ctx, spec, input, async (tx, { note, ...asked }) => {
    const held = await holdKey(tx.db, { tenantId: ctx.tenantId, ...asked });
    return writeVersion(ctx, tx, { ...asked, note }, held);
  });
}
