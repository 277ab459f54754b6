import { OneModel } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { splitModelId } from "@nofx/core/model-router";
import { removeModel as dropModel } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";

/** Takes back what the tenant has said of a model; one of the product is as it came again. */
export async function removeModel(
  ctx: MemberContext,
  input: z.input<typeof OneModel>,
): Promise<z.output<typeof OneModel>> {
  const spec = { name: "models.remove", permission: "router.manage", input: OneModel } as const;
  const removed = await runCommand(ctx, spec, input, async (tx, { model: id }) => {
    const { provider, model: name } = splitModelId(id);
    if (!(await dropModel(tx.db, { tenantId: ctx.tenantId, provider, name }))) {
      throw new NofxError("not_found", {
        detail: `This tenant has no settings of its own for ${id}.`,
      });
    }
    tx.emit({ type: "model.changed", payload: { model: id, enabled: false } });
    await tx.audit("model.removed", { model: id });
    return { model: id };
  });
  ctx.plane.routing.changed(ctx.tenantId);
  return removed;
}
