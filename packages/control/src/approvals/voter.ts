import { NofxError } from "@nofx/core/errors";
import type { Voter } from "@nofx/core/approvals";
import { MemberRole } from "@nofx/core/vocabulary";
import { findVoter, type VoterRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export function loadVoter(ctx: MemberContext, tx: CommandTransaction): Promise<VoterRecord> {
  return findVoter(tx.db, ctx.tenantId, ctx.actor.id);
}

/** Who votes; where they name somebody, in whose stead. A delegation holds from one person to one other, never onward. */
export function voterOf(
  ctx: MemberContext,
  known: VoterRecord,
  insteadOf: string | undefined,
): Voter {
  const self = { userId: ctx.actor.id, role: ctx.role, groups: known.groups };
  if (insteadOf === undefined) return self;
  const found = known.instead_of.find((one) => one.user_id === insteadOf);
  if (found === undefined) {
    throw new NofxError("forbidden", {
      detail: "They have not delegated their vote to you, or not for now.",
    });
  }
  const { user_id, name, role, groups } = found;
  return { ...self, instead: { userId: user_id, name, role: MemberRole.parse(role), groups } };
}
