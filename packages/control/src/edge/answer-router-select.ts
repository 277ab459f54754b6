import { RouterSelectInput, toRouteRequest, viewSelection } from "@nofx/core/api";
import { decisionDigestInput, decide } from "@nofx/core/model-router";
import { NofxError, issuesFromZod } from "@nofx/core/errors";
import { z } from "zod";
import { digestAgentKey } from "../agents/agent-key.ts";
import { explained, noPolicy, policyNameOf, selectRoute } from "../routing/select-route.ts";
import type { RoutingDeps } from "../routing/routing-deps.ts";
import { bearerOf, isSameText, readBody, refuse } from "./refusal.ts";

export interface RouterSelectFunction extends RoutingDeps {
  /** What our own processes say to be let in; they name the tenant in the header `nofx-tenant`. */
  readonly token: string;
  /** Whose key this is, of an agent that asks for itself. */
  readonly tenantOfAgent: (keyDigest: string) => Promise<string | undefined>;
  readonly onError: (error: unknown) => void;
}

/** The edge function `router-select`: the decision that is taken in-process elsewhere, for whoever asks over HTTP. */
export async function answerRouterSelect(
  { token, tenantOfAgent, onError, ...deps }: RouterSelectFunction,
  request: Request,
): Promise<Response> {
  try {
    const tenantId = await tenantOf(request, token, tenantOfAgent);
    const input = RouterSelectInput.safeParse(await readBody(request));
    if (!input.success) {
      throw new NofxError("invalid_input", { issues: issuesFromZod(input.error) });
    }
    const asked = toRouteRequest(input.data.request);
    const { engine } = input.data;
    if (engine === undefined) {
      const decision = await selectRoute(deps, { tenantId, request: asked });
      return Response.json(viewSelection(decision, decision.digest));
    }
    // a comparison: nothing is claimed
    const view = await deps.routing.view(tenantId);
    const policy = view.policies.get(policyNameOf(asked.model));
    if (policy === undefined) return Response.json(viewSelection(noPolicy(asked, view), null));
    const candidates = view.candidatesFor(asked.model, policy);
    const decision = explained(decide(asked, { ...policy, engine }, candidates, view.now), view);
    return Response.json(viewSelection(decision, deps.sha256(decisionDigestInput(decision))));
  } catch (error) {
    return refuse(error, onError);
  }
}

async function tenantOf(
  request: Request,
  token: string,
  tenantOfAgent: RouterSelectFunction["tenantOfAgent"],
): Promise<string> {
  const bearer = bearerOf(request) ?? "";
  if (isSameText(bearer, token)) {
    const tenant = z.guid().safeParse(request.headers.get("nofx-tenant"));
    if (tenant.success) return tenant.data;
    throw new NofxError("invalid_input", {
      detail: "Name the tenant's uuid in the header `nofx-tenant`.",
    });
  }
  const tenant = bearer === "" ? undefined : await tenantOfAgent(digestAgentKey(bearer));
  if (tenant !== undefined) return tenant;
  throw new NofxError("unauthenticated", {
    detail: "Send an agent's key as `Authorization: Bearer nofx_ak_…`.",
  });
}
