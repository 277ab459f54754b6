import type { ApprovalDetail } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import type { Plane } from "../command/plane.ts";
import { resolveMember } from "../members/resolve.ts";
import { decideApproval, type DecideInput } from "./decide.ts";

/** A person for whom a receiver that an admin set up speaks: an inbound webhook, a chat, a mailbox. */
export interface Principal {
  /** Raw uuids, as the receiver was configured with. */
  readonly tenantId: string;
  readonly userId: string;
  /** What history and audit call the way it came in, like `webhook:zig-todo`. */
  readonly via: string;
  /** Who could make the receiver say so: user ids of all that know its secret. */
  readonly behind?: readonly string[];
}

/**
 * A decision in the name of a member, for a receiver that has made sure who speaks. Membership, role and four eyes are looked up
 * and judged as if they had decided on our own page, at this moment. `idempotencyKey`: of the delivery, so that a replay decides
 * nothing twice.
 */
export async function decideAsPrincipal(
  plane: Plane,
  principal: Principal,
  input: DecideInput,
  delivery: { idempotencyKey: string; correlationId?: string },
): Promise<ApprovalDetail> {
  if (principal.via.trim() === "") throw new NofxError("invalid_input");
  const ctx = await resolveMember(plane, {
    userId: principal.userId,
    email: principal.via,
    tenantId: toId("tenant", principal.tenantId),
    ...delivery,
  });
  return decideApproval(ctx, input, { via: principal.via, behind: principal.behind });
}
