import type { Plane } from "@nofx/control/command";
import { describePush, type PushLease } from "@nofx/control/push";
import { AgentScope, type PushedStep } from "@nofx/core/contract";

/** A token outlives the call that it is for by so much: what was done has to be told. */
const GRACE_SECONDS = 60;

/** What is posted for a step: with a token of its agent that ends soon after the call, and at once with the endpoint's key. */
export function describeFor(
  plane: Pick<Plane, "agentTokens" | "clock" | "storage">,
  url: string,
): (
  lease: PushLease,
  step: PushLease["steps"][number],
  leaseSeconds: number,
) => Promise<PushedStep> {
  return async (lease, step, leaseSeconds) => {
    const timeoutSeconds = lease.timeout_seconds;
    const now = plane.clock.date().getTime();
    const token = await plane.agentTokens.sign({
      agentId: lease.agent_id,
      keyId: lease.key_id,
      scopes: AgentScope.array().parse(lease.scopes),
      expiresAt: now + (timeoutSeconds + GRACE_SECONDS) * 1_000,
    });
    const files = plane.storage.forTenant(lease.tenant_id);
    return describePush(step, files, { url, token, leaseSeconds, timeoutSeconds });
  };
}
