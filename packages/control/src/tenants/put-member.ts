import type { MemberRole } from "@nofx/core/vocabulary";
import type { DB } from "@nofx/db/types";
import type { Transaction } from "kysely";

export interface NewMember {
  userId: string;
  email: string;
  name: string;
  role: MemberRole;
}

/** Makes a user a member. Somebody of the same address under an older user id, which nobody can sign in as, gives way. */
export async function putMember(
  db: Transaction<DB>,
  tenantId: string,
  member: NewMember,
): Promise<void> {
  await db
    .deleteFrom("members")
    .where("tenant_id", "=", tenantId)
    .where("email", "=", member.email)
    .where("user_id", "!=", member.userId)
    .execute();
  await db
    .insertInto("members")
    .values({
      tenant_id: tenantId,
      user_id: member.userId,
      email: member.email,
      name: member.name,
      role: member.role,
    })
    .onConflict((conflict) => conflict.columns(["tenant_id", "user_id"]).doNothing())
    .execute();
}
