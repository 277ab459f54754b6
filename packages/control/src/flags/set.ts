import { SetFlagInput, type FlagView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { setFlag as storeFlag } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { viewFlags } from "./list.ts";

/** Opens or closes a path for the tenant, with the reason. Heeded within three seconds everywhere, here at once. */
export async function setFlag(
  ctx: MemberContext,
  input: z.input<typeof SetFlagInput>,
): Promise<FlagView> {
  const spec = { name: "flags.set", permission: "flag.manage", input: SetFlagInput } as const;
  const view = await runCommand(ctx, spec, input, async (tx, { name, enabled, note }) => {
    await storeFlag(tx.db, { tenantId: ctx.tenantId, name, enabled, note, by: ctx.actor.id });
    tx.emit({ type: "flag.changed", payload: { flag: name, enabled } });
    await tx.audit("flag.changed", { flag: name, enabled, note });
    const stored = (await viewFlags(ctx, tx)).find((one) => one.name === name);
    if (stored === undefined) throw new NofxError("internal", { detail: `${name} is not there.` });
    return stored;
  });
  ctx.plane.flags.changed(ctx.tenantId, new Date(view.updatedAt ?? 0));
  return view;
}
