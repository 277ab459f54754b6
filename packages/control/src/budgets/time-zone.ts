import { TimeZoneSetting } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { isTimeZone, setTimeZone as store } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";

/** By whose clock days and months of budgets begin, from now on. Windows that have begun end as they would have. */
export function setTimeZone(
  ctx: MemberContext,
  input: z.input<typeof TimeZoneSetting>,
): Promise<TimeZoneSetting> {
  const spec = {
    name: "budgets.setTimeZone",
    permission: "settings.write",
    input: TimeZoneSetting,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { timeZone }) => {
    if (!(await isTimeZone(tx.db, timeZone))) {
      throw new NofxError("time_zone_unknown", {
        detail: `There is no time zone "${timeZone}". Use an IANA name like Europe/Berlin, or UTC.`,
        issues: [{ path: "/timeZone", message: "is not an IANA time zone" }],
      });
    }
    await store(tx.db, ctx.tenantId, timeZone);
    await tx.audit("setting.changed", { key: "time_zone", value: timeZone });
    return { timeZone };
  });
}
