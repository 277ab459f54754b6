import { OneKey, type KeyView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { findSecureKey, holdKey, retireSecureKey } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { noSuchKey, readKey } from "./view.ts";

/** Ends a key and destroys its secrets. What was done with it stays in the audit. */
export function retireKey(ctx: MemberContext, input: z.input<typeof OneKey>): Promise<KeyView> {
  const spec = { name: "keys.retire", permission: "key.manage", input: OneKey } as const;
  return runCommand(ctx, spec, input, async (tx, { keyId }) => {
    const id = toUuid("secureKey", keyId);
    const key = await findSecureKey(tx.db, ctx.tenantId, id);
    if (key === undefined) throw noSuchKey();
    const { provider, name } = key;
    await holdKey(tx.db, { tenantId: ctx.tenantId, provider, name });
    const retired = await retireSecureKey(tx.db, {
      tenantId: ctx.tenantId,
      keyId: id,
      by: ctx.actor.id,
    });
    const view = await readKey(ctx, tx, id);
    if (!retired) return view;
    const told = { key_id: id, provider, name, version: view.version };
    tx.emit({ type: "key.retired", payload: told });
    await tx.audit("key.retired", told);
    return view;
  });
}
