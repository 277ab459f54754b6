import { GateSettings } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { loadGateFacts, setTenantSetting } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/** The budgets and the compliance settings that gates judge by. */
export function getGateSettings(ctx: MemberContext): Promise<GateSettings> {
  return runQuery(ctx, z.object({}), {}, (tx) => read(ctx, tx));
}

/** Sets both, all of them at once: what is left out is not judged. Plans judged before keep their verdicts. */
export function setGateSettings(
  ctx: MemberContext,
  input: z.input<typeof GateSettings>,
): Promise<GateSettings> {
  const spec = {
    name: "gates.setSettings",
    permission: "settings.write",
    input: GateSettings,
  } as const;
  return runCommand(ctx, spec, input, async (tx, settings) => {
    refuseUnknownZone(settings.compliance.changeWindows?.timeZone);
    for (const key of ["budgets", "compliance"] as const) {
      const value = settings[key];
      const empty = Object.keys(value).length === 0;
      await setTenantSetting(tx.db, ctx.tenantId, key, empty ? undefined : value);
      await tx.audit("setting.changed", { key, value });
    }
    return read(ctx, tx);
  });
}

async function read(ctx: MemberContext, tx: CommandTransaction): Promise<GateSettings> {
  const { settings } = await loadGateFacts(tx.db, ctx.tenantId);
  return GateSettings.parse({
    budgets: settings["budgets"] ?? {},
    compliance: settings["compliance"] ?? {},
  });
}

function refuseUnknownZone(timeZone: string | undefined): void {
  if (timeZone === undefined) return;
  try {
    Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw new NofxError("time_zone_unknown", {
      detail: `There is no time zone "${timeZone}". Use an IANA name like Europe/Berlin, or UTC.`,
      issues: [{ path: "/compliance/changeWindows/timeZone", message: "is not an IANA time zone" }],
    });
  }
}
