import { NofxError } from "@nofx/core/errors";
import { decideFlag, FLAGS, readSwitches, type FlagName, type FlagStates } from "@nofx/core/flags";
import { rolesWith } from "@nofx/core/vocabulary";
import { loadFlags } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import { inTransaction } from "../command/transaction.ts";

/** Whether a path is open in the caller's tenant. Up to three seconds old; ask before a transaction, not in one. */
export async function isEnabled(ctx: MemberContext, flag: FlagName): Promise<boolean> {
  const { flags } = ctx.plane;
  const tenant = await flags.read(ctx.tenantId, () => fromTable(ctx));
  return decideFlag(flag, flags.environment, tenant).enabled;
}

async function fromTable(ctx: MemberContext): Promise<FlagStates> {
  const rows = await inTransaction(ctx, (tx) => loadFlags(tx.db, ctx.tenantId));
  return readSwitches(Object.fromEntries(rows.map(({ name, enabled }) => [name, enabled])));
}

/** Refuses with `feature_off`, saying who can open it. */
export function refuseWhenOff(ctx: MemberContext, flag: FlagName, enabled: boolean): void {
  if (enabled) return;
  const forced = ctx.plane.flags.environment[flag] === false;
  throw new NofxError("feature_off", {
    detail: `${FLAGS[flag].whenOff} ${
      forced
        ? `The server's environment sets ${flag}=off: whoever runs it can take that away.`
        : `Ask ${rolesWith("flag.manage").join(" or ")} to switch ${flag} on, at /flags or with \`npx nofx flags set ${flag} on -m "why"\`.`
    }`,
    data: { flag },
  });
}
