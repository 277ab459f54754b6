import { SetRetentionInput, type RetentionView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { findRetention, putRetention } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { toRetentionView, toStored } from "./view.ts";

/** Says how long this tenant's runs and events are kept. It holds for what has ended already too, from the next pass on. */
export function setRetention(
  ctx: MemberContext,
  input: z.input<typeof SetRetentionInput>,
): Promise<RetentionView> {
  const spec = {
    name: "retention.set",
    permission: "settings.write",
    input: SetRetentionInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { reset, ...wanted }) => {
    const stored = await findRetention(tx.db, ctx.tenantId);
    const own = { ...(reset ? {} : stored.own), ...toStored(wanted) };
    const view = toRetentionView({ ...stored, own });
    refuseIfDeletedBeforeArchived(view);
    await putRetention(tx.db, ctx.tenantId, own);
    await tx.audit("setting.changed", { key: "retention", value: own });
    return view;
  });
}

function refuseIfDeletedBeforeArchived({
  archiveAfterSeconds: archive,
  deleteAfterDays: days,
}: RetentionView): void {
  if (days === null || (archive !== null && days * 86_400 >= archive)) return;
  throw new NofxError("invalid_input", {
    issues: [
      {
        path: "/deleteAfterDays",
        message: "only what is archived is deleted: it has to be as long as archiveAfterSeconds",
      },
    ],
  });
}
