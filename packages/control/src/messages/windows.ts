import { SetMessageWindowsInput, type MessageWindows } from "@nofx/core/api";
import { RETENTION_DAYS } from "@nofx/core/bus";
import { findMessageWindows, putMessageWindows } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";

const STORED = {
  transientDays: "transient_days",
  standardDays: "standard_days",
  auditDays: "audit_days",
} as const;

/** How long messages of each class are kept in this tenant. */
export function getMessageWindows(ctx: MemberContext): Promise<MessageWindows> {
  return runQuery(ctx, z.object({}), {}, async (tx) =>
    view(await findMessageWindows(tx.db, ctx.tenantId)),
  );
}

/** Says how long; what is left out stays as it is. */
export function setMessageWindows(
  ctx: MemberContext,
  input: z.input<typeof SetMessageWindowsInput>,
): Promise<MessageWindows> {
  const spec = {
    name: "messages.setWindows",
    permission: "settings.write",
    input: SetMessageWindowsInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, wanted) => {
    const said = Object.fromEntries(
      Object.entries(STORED).flatMap(([name, key]) => {
        const days = wanted[name as keyof typeof STORED];
        return days === undefined ? [] : [[key, days]];
      }),
    );
    await putMessageWindows(tx.db, ctx.tenantId, said);
    await tx.audit("setting.changed", { key: "messages", value: said });
    return view(await findMessageWindows(tx.db, ctx.tenantId));
  });
}

function view(stored: Record<string, number | undefined>): MessageWindows {
  return {
    transientDays: stored["transient_days"] ?? RETENTION_DAYS.transient,
    standardDays: stored["standard_days"] ?? RETENTION_DAYS.standard,
    auditDays: stored["audit_days"] ?? RETENTION_DAYS.audit,
  };
}
