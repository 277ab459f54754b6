import { SetDispatchSettingsInput, type DispatchSettingsView } from "@nofx/core/api";
import { DispatchSettings } from "@nofx/core/dispatch";
import { loadDispatchSettings, storeDispatchSettings } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";

const Nothing = z.object({});

/** How the tenant wants strategies chosen. */
export function getDispatchSettings(ctx: MemberContext): Promise<DispatchSettingsView> {
  return runQuery(ctx, Nothing, {}, (tx) => viewSettings(ctx, tx));
}

/** Changes how strategies are chosen; the next choice goes by it. */
export function setDispatchSettings(
  ctx: MemberContext,
  input: z.input<typeof SetDispatchSettingsInput>,
): Promise<DispatchSettingsView> {
  const spec = {
    name: "dispatch.set_settings",
    permission: "settings.write",
    input: SetDispatchSettingsInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, changes) => {
    const { settings } = await viewSettings(ctx, tx);
    const said = Object.entries(changes).filter(([, value]) => value !== undefined);
    const next = DispatchSettings.parse({ ...settings, ...Object.fromEntries(said) });
    await storeDispatchSettings(tx.db, { ...next, tenantId: ctx.tenantId, by: ctx.actor.id });
    // numbers of an audit body are whole: in millionths
    const millionths = Object.entries(next).map(([key, value]) => [key, Math.round(value * 1e6)]);
    await tx.audit("dispatch.settings_changed", { millionths: Object.fromEntries(millionths) });
    return viewSettings(ctx, tx);
  });
}

async function viewSettings(
  ctx: MemberContext,
  tx: CommandTransaction,
): Promise<DispatchSettingsView> {
  const row = await loadDispatchSettings(tx.db, ctx.tenantId);
  if (row === undefined) {
    return {
      settings: DispatchSettings.parse({}),
      byDefault: true,
      updatedBy: null,
      updatedAt: null,
    };
  }
  return {
    settings: {
      holdOut: row.hold_out,
      successUsd: row.success_usd,
      hourUsd: row.hour_usd,
      preferSeconds: row.prefer_seconds,
    },
    byDefault: false,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at.toISOString(),
  };
}
