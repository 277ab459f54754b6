import { FlagHistory, type FlagList, type FlagView } from "@nofx/core/api";
import { decideFlag, FLAGS, FlagName, readSwitches } from "@nofx/core/flags";
import { listAudit, loadFlags } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";

const Nothing = z.object({});
const MOST = 100;

/** Every flag as it stands in the table now, with who switched it last and why. */
export function listFlags(ctx: MemberContext): Promise<FlagList> {
  return runQuery(ctx, Nothing, {}, async (tx) => ({ flags: await viewFlags(ctx, tx) }));
}

export async function viewFlags(ctx: MemberContext, tx: CommandTransaction): Promise<FlagView[]> {
  const rows = new Map((await loadFlags(tx.db, ctx.tenantId)).map((row) => [row.name, row]));
  return FlagName.options.map((name) => {
    const row = rows.get(name);
    const tenant = readSwitches({ [name]: row?.enabled });
    const { title, description, byDefault } = FLAGS[name];
    return {
      name,
      title,
      description,
      byDefault,
      ...decideFlag(name, ctx.plane.flags.environment, tenant),
      note: row?.note ?? null,
      updatedBy: row?.updated_by ?? null,
      updatedAt: row?.updated_at.toISOString() ?? null,
    };
  });
}

const Body = z.object({ flag: FlagName, enabled: z.boolean(), note: z.string() });

/** Who switched what and why, newest first, as the audit log has it. */
export function listFlagChanges(ctx: MemberContext): Promise<FlagHistory> {
  return runQuery(ctx, Nothing, {}, async (tx) => {
    const { items } = await listAudit(tx.db, {
      tenantId: ctx.tenantId,
      verb: "flag.changed",
      seals: false,
      limit: MOST,
    });
    return FlagHistory.parse({
      changes: items.map(({ seq, at, actor_name, actor_id, body }) => ({
        seq,
        at,
        by: actor_name ?? actor_id,
        ...Body.parse(JSON.parse(body)),
      })),
    });
  });
}
