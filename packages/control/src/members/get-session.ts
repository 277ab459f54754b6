import { SessionView } from "@nofx/core/api";
import { toId } from "@nofx/core/vocabulary";
import { findMemberships } from "@nofx/db/queries";
import { z } from "zod";
import { runQuery } from "../command/run-command.ts";
import type { MemberContext } from "../command/context.ts";

/** Who is signed in, in which tenant, with which role, and where else they belong. */
export function getSession(
  ctx: MemberContext,
  input: Record<string, never> = {},
): Promise<SessionView> {
  return runQuery(ctx, z.object({}), input, async (tx) => {
    const memberships = await findMemberships(tx.db, ctx.actor.id);
    const here = memberships.find((one) => one.tenant_id === ctx.tenantId);
    return SessionView.parse({
      user: { id: ctx.actor.id, email: ctx.email, name: ctx.name },
      tenant: {
        id: toId("tenant", ctx.tenantId),
        uuid: ctx.tenantId,
        slug: here?.slug,
        name: here?.tenant_name,
        shell: here?.shell,
      },
      role: ctx.role,
      tenants: memberships.map((one) => ({
        id: toId("tenant", one.tenant_id),
        slug: one.slug,
        name: one.tenant_name,
        role: one.role,
      })),
    });
  });
}
