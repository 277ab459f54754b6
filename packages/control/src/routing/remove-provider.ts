import { OneProvider } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { removeProvider as dropProvider } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";

/** Takes back what the tenant has said of a provider; one of the product is as it came again. Its keys stay in the vault. */
export async function removeProvider(
  ctx: MemberContext,
  input: z.input<typeof OneProvider>,
): Promise<z.output<typeof OneProvider>> {
  const spec = {
    name: "providers.remove",
    permission: "router.manage",
    input: OneProvider,
  } as const;
  const removed = await runCommand(ctx, spec, input, async (tx, { name, region }) => {
    if (!(await dropProvider(tx.db, { tenantId: ctx.tenantId, name, region }))) {
      throw new NofxError("not_found", {
        detail: `This tenant has no settings of its own for "${name}" in region ${region}.`,
      });
    }
    tx.emit({ type: "provider.changed", payload: { provider: name, region, enabled: false } });
    await tx.audit("provider.removed", { provider: name, region });
    return { name, region };
  });
  ctx.plane.routing.changed(ctx.tenantId);
  return removed;
}
