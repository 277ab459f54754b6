import { NofxError } from "@nofx/core/errors";
import { findPack } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/** A pack of the tenant, to plan. */
export async function packNamed(ctx: MemberContext, tx: CommandTransaction, name: string) {
  const pack = await findPack(tx.db, ctx.tenantId, name);
  if (pack !== undefined) return pack;
  throw new NofxError("not_found", {
    detail: `There is no pack "${name}". Import a backlog first.`,
  });
}
