import { EndpointSettings } from "@nofx/core/api";
import { AGENT_KEY_PREFIX, AgentKey, AgentToken } from "@nofx/core/contract";
import { isAllowed, MemberRole, rolesWith, TenantId, toUuid } from "@nofx/core/vocabulary";
import { findModelCaller, findModelMember } from "@nofx/db/queries";
import { adviseScope } from "../agents/advise-scope.ts";
import { digestAgentKey } from "../agents/agent-key.ts";
import type { TokenClaims } from "../agents/agent-tokens.ts";
import { fromDatabaseError } from "../command/database-errors.ts";
import type { Plane } from "../command/plane.ts";
import { openAiError } from "../model-router/wire/index.ts";
import type { Identity } from "../members/verify-token.ts";
import type { ModelCaller } from "./caller.ts";
import { remember } from "./remembered.ts";

/** A key that was revoked, a member that was removed, a setting that was changed: heeded within this time. */
const REMEMBERED_MS = 3_000;
const MOST = 5_000;
const SCOPE = "models:call";

export type VerifyToken = (token: string) => Promise<Identity | undefined>;
export type Authenticate = (headers: Headers) => Promise<ModelCaller>;

/**
 * Who calls: an agent by its key, a person by an access token of the sign-in service, either where OpenAI's clients put their key.
 * People need the permission `model.call`.
 */
export function createAuthenticate(
  plane: Plane,
  verifyToken: VerifyToken | undefined,
): Authenticate {
  const callers = remember<ModelCaller>(plane.clock, { forMs: REMEMBERED_MS, most: MOST });
  return async (headers) => {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (bearer === undefined) throw unknownKey();
    const tenant = headers.get("nofx-tenant") ?? "";
    const isKey = bearer.startsWith(AGENT_KEY_PREFIX);
    const token = isKey ? undefined : await agentToken(plane, bearer);
    const isAgent = isKey || token !== undefined;
    const caller = await callers.get(`${digestAgentKey(bearer)} ${isAgent ? "" : tenant}`, () =>
      isAgent ? findAgent(plane, bearer, token) : findMember(plane, bearer, tenant, verifyToken),
    );
    if (caller === undefined) throw unknownKey();
    return caller;
  };
}

/** What a token of an agent says; undefined for what is none, as a person's access token. */
async function agentToken(plane: Plane, bearer: string): Promise<TokenClaims | undefined> {
  return AgentToken.safeParse(bearer).success ? plane.agentTokens.verify(bearer) : undefined;
}

async function findAgent(
  plane: Plane,
  bearer: string,
  token: TokenClaims | undefined,
): Promise<ModelCaller | undefined> {
  if (token === undefined && !AgentKey.safeParse(bearer).success) return undefined;
  const key = token === undefined ? { sha256: digestAgentKey(bearer) } : { id: token.keyId };
  const found = await asked(findModelCaller(plane.db, key));
  if (found === undefined) return undefined;
  const scopes = token === undefined ? found.scopes : token.scopes;
  if (!scopes.includes(SCOPE) || !found.scopes.includes(SCOPE)) throw scopeMissing(found, scopes);
  const { agent_id: id, tenant_id: tenantId, name, settings } = found;
  return {
    type: "agent",
    id,
    tenantId,
    name,
    settings: EndpointSettings.parse(settings ?? {}),
    claims: { role: "nofx_agent", agent_id: id, tenant_id: tenantId },
  };
}

async function findMember(
  plane: Plane,
  token: string,
  tenant: string,
  verifyToken: VerifyToken | undefined,
): Promise<ModelCaller | undefined> {
  const person = await verifyToken?.(token);
  if (person === undefined) return undefined;
  const wanted = tenant === "" ? undefined : TenantId.safeParse(tenant);
  if (wanted?.success === false) {
    throw openAiError("invalid_tenant", "The header nofx-tenant is not a tenant's id.", 400, {
      param: "nofx-tenant",
    });
  }
  const uuid = wanted === undefined ? null : toUuid("tenant", wanted.data);
  const found = await asked(findModelMember(plane.db, person.userId, uuid));
  if (found === undefined) {
    throw openAiError("not_a_member", "You are not a member of that tenant.", 403);
  }
  const role = MemberRole.parse(found.role);
  if (!isAllowed(role, "model.call")) {
    throw openAiError(
      "forbidden",
      `Your role is ${role}; to call models takes ${rolesWith("model.call").join(" or ")}.`,
      403,
    );
  }
  return {
    type: "member",
    id: person.userId,
    tenantId: found.tenant_id,
    name: person.email,
    settings: EndpointSettings.parse(found.settings ?? {}),
    claims: { role: "nofx_member", sub: person.userId, tenant_id: found.tenant_id },
  };
}

function scopeMissing(key: { name: string; scopes: readonly string[] }, scopes: readonly string[]) {
  return openAiError(
    "scope_missing",
    `Calling models takes the scope ${SCOPE}; this key or token is for ${scopes.join(", ")}. ${adviseScope(key.name, key.scopes, SCOPE)}`,
    403,
  );
}

function unknownKey() {
  return openAiError(
    "invalid_api_key",
    "Send an agent's key (nofx_ak_...), the token that it was exchanged for, or the access token of a signed-in person as the API key. This one is missing, unknown or revoked.",
    401,
  );
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw fromDatabaseError(error);
  }
}
