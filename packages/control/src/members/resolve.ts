import { NofxError } from "@nofx/core/errors";
import { MemberRole, toUuid, TenantId } from "@nofx/core/vocabulary";
import { findMemberships } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { Plane } from "../command/plane.ts";
import { inTransaction } from "../command/transaction.ts";

export interface MemberRequest {
  /** The user that Supabase Auth vouches for. */
  userId: string;
  email: string;
  /** Prefixed id of the tenant asked for; the oldest membership when absent. */
  tenantId?: string | undefined;
  idempotencyKey?: string | undefined;
  correlationId?: string | undefined;
  traceparent?: string | undefined;
}

/** The context of a signed-in person. Membership and role are looked up each time: a removal acts at once. */
export async function resolveMember(plane: Plane, request: MemberRequest): Promise<MemberContext> {
  const base = {
    plane,
    actor: { type: "member" as const, id: request.userId },
    idempotencyKey: request.idempotencyKey,
    correlationId: request.correlationId ?? plane.newUuid(),
    traceparent: request.traceparent,
    replayed: false,
  };
  const probe: MemberContext = {
    ...base,
    email: request.email,
    name: request.email,
    tenantId: NIL,
    role: "viewer",
  };
  const memberships = await inTransaction(probe, (tx) => findMemberships(tx.db, request.userId));
  const wanted = tenantUuid(request.tenantId);
  const found =
    wanted === undefined ? memberships[0] : memberships.find((one) => one.tenant_id === wanted);
  if (found === undefined) {
    throw new NofxError("forbidden", {
      detail:
        wanted === undefined
          ? `${request.email} is not a member of any tenant yet. Ask an admin to add you.`
          : "You are not a member of that tenant.",
    });
  }
  return {
    ...base,
    email: found.email,
    name: found.name,
    tenantId: found.tenant_id,
    role: MemberRole.parse(found.role),
  };
}

const NIL = "00000000-0000-0000-0000-000000000000";

function tenantUuid(id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const parsed = TenantId.safeParse(id);
  if (!parsed.success) {
    throw new NofxError("invalid_input", { detail: "The nofx-tenant header is not a tenant id." });
  }
  return toUuid("tenant", parsed.data);
}
