import type { Decision, RouteRequest } from "@nofx/core/model-router";
import { NofxError } from "@nofx/core/errors";
import type { RoutingDeps } from "./routing-deps.ts";

/** A decision, with the digest that the ledger keeps of what it was taken on. */
export type SelectedRoute = Decision & { readonly digest: string };

/**
 * Chooses the model for a call by the tenant's policy, prices and health, as this process knows them. A route that is a trial of a
 * provider that was left alone has been claimed: no other process is given it. Never throws for what the request asks.
 */
export async function selectRoute(
  _deps: RoutingDeps,
  _input: { readonly tenantId: string; readonly request: RouteRequest },
): Promise<SelectedRoute> {
  throw new NofxError("internal", { detail: "being built" });
}
