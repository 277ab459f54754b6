import type { Route } from "@nofx/core/model-router";
import { useKey } from "../vault/index.ts";
import type { CallFrame } from "./call-frame.ts";

export interface ProviderSecret {
  readonly secret: string | null;
  /** Of the vault's key; null where it came from elsewhere or none is needed. */
  readonly keyId: string | null;
}

/**
 * The key that a route is called with: the operator's from the environment, else the tenant's from the vault. `except`: what the
 * provider has just refused; then the version before it, while it may be used.
 */
export async function findSecret(
  frame: CallFrame,
  route: Route,
  except?: string,
): Promise<ProviderSecret> {
  const { plane, caller, runId, wishes } = frame;
  const own = plane.models.keyOf(route.provider, route.baseUrl);
  if (own !== undefined) return { secret: own, keyId: null };
  if (route.keyName === null) return { secret: null, keyId: null };
  return useKey(plane, {
    tenantId: caller.tenantId,
    provider: route.provider,
    name: route.keyName,
    who: { type: caller.type, id: caller.id },
    runId,
    stepId: wishes.stepId,
    purpose: PURPOSE[frame.endpoint],
    except,
  });
}

const PURPOSE = {
  chat: "chat.completions",
  responses: "responses",
  embeddings: "embeddings",
} as const;
