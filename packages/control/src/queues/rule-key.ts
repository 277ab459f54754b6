import type { RuleScope } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { tenantToRule, type RuleKey } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { operatesPlane } from "../workers/view.ts";

/** Whom a rule binds, as the database knows it; refuses what is for those who operate the plane. */
export async function ruleKey(
  ctx: MemberContext,
  tx: CommandTransaction,
  scope: RuleScope,
): Promise<RuleKey> {
  const { queue = null, type = null, agent, plane, tenant } = scope;
  if (!plane) {
    const id = agent === undefined ? null : toUuid("agent", agent);
    if (id !== null) await refuseUnlessOurs(ctx, tx, id);
    return { tenantId: ctx.tenantId, byPlane: false, queue, type, agent: id };
  }
  if (!(await operatesPlane(ctx, tx))) {
    throw new NofxError("forbidden", {
      detail:
        "Rules of the plane bind every tenant: they are for the people of a tenant that operates the plane. Leave `plane` out to rule your own tenant.",
    });
  }
  const tenantId = tenant === undefined ? null : await tenantToRule(tx.db, tenant);
  if (tenantId === undefined) {
    throw new NofxError("not_found", { detail: "There is no tenant of this slug." });
  }
  return { tenantId, byPlane: true, queue, type, agent: null };
}

async function refuseUnlessOurs(
  ctx: MemberContext,
  tx: CommandTransaction,
  agent: string,
): Promise<void> {
  const found = await tx.db
    .selectFrom("agent_registry")
    .select("id")
    .where("id", "=", agent)
    .where("tenant_id", "=", ctx.tenantId)
    .executeTakeFirst();
  if (found === undefined) {
    throw new NofxError("not_found", { detail: "There is no such agent in this tenant." });
  }
}
