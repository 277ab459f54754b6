import {
  AGENT_KEY_PREFIX,
  AgentKey,
  AgentScope,
  AgentStatus,
  AgentToken,
} from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { findAgentByKey, findAgentByKeyId, type KnownAgentRecord } from "@nofx/db/queries";
import type { AgentContext } from "../command/context.ts";
import { fromDatabaseError } from "../command/database-errors.ts";
import type { Plane } from "../command/plane.ts";
import { adviseScope } from "./advise-scope.ts";
import { digestAgentKey } from "./agent-key.ts";

/** An agent behind a key or a token, and what that key or token is for. */
export interface KnownAgent {
  readonly agent: KnownAgentRecord;
  readonly scopes: readonly AgentScope[];
  readonly by: "key" | "token";
  /** When what it showed ends by itself, in milliseconds; null for a key without an end. */
  readonly expiresAt: number | null;
}

/**
 * Who calls, by the key in `Authorization: Bearer nofx_ak_…` or by the token that it was exchanged for. One that is unknown, revoked or
 * over, or of a retired agent, is `unauthenticated`.
 */
export async function authenticateAgent(
  plane: Plane,
  request: {
    authorization: string | null;
    idempotencyKey?: string | undefined;
    traceparent?: string | undefined;
  },
): Promise<AgentContext> {
  const bearer = /^Bearer +(\S+)$/i.exec(request.authorization ?? "")?.[1] ?? "";
  const isToken = AgentToken.safeParse(bearer).success;
  if (!isToken && !AgentKey.safeParse(bearer).success) {
    throw new NofxError("unauthenticated", {
      detail: bearer.startsWith(AGENT_KEY_PREFIX)
        ? "This is no agent key, though it begins like one: give it whole, as it was shown when it was issued."
        : "Send the agent's key as `Authorization: Bearer nofx_ak_…`, or the token that it was exchanged for.",
    });
  }
  const known = await knowAgent(plane, bearer);
  if (known === undefined) {
    throw new NofxError("unauthenticated", {
      detail: isToken
        ? "This token is over, or not one of ours; or its key is revoked or its agent retired. Exchange the key for another: POST /api/agent/v1/token."
        : "This agent key is unknown, revoked or over, or its agent is retired.",
    });
  }
  const { agent, scopes, by } = known;
  return {
    plane,
    actor: { type: "agent", id: agent.agent_id },
    tenantId: agent.tenant_id,
    name: agent.name,
    capabilities: agent.capabilities,
    keyId: agent.key_id,
    by,
    scopes,
    keyScopes: agent.scopes,
    expiresAt: known.expiresAt,
    ...statusOf(agent),
    idempotencyKey: request.idempotencyKey,
    correlationId: plane.newUuid(),
    traceparent: request.traceparent,
    replayed: false,
  };
}

/** Undefined for what opens nothing. A key is looked up each time; a token every few seconds. */
export async function knowAgent(plane: Plane, bearer: string): Promise<KnownAgent | undefined> {
  const { agentTokens, clock } = plane;
  try {
    if (AgentKey.safeParse(bearer).success) {
      const agent = await findAgentByKey(plane.db, digestAgentKey(bearer));
      if (agent === undefined) return undefined;
      const scopes = AgentScope.array().parse(agent.scopes);
      return { agent, scopes, by: "key", expiresAt: agent.expires_at?.getTime() ?? null };
    }
    const known = await agentTokens.recall(bearer, () => byToken(plane, bearer));
    const over = known?.expiresAt != null && known.expiresAt <= clock.date().getTime();
    return over ? undefined : known;
  } catch (error) {
    throw fromDatabaseError(error);
  }
}

/** For requests that take long: notes of the caller what has changed. Refused where the key was revoked meanwhile. */
export async function stillKnown(ctx: AgentContext): Promise<void> {
  let agent: KnownAgentRecord | undefined;
  try {
    agent = await findAgentByKeyId(ctx.plane.db, ctx.keyId);
  } catch (error) {
    throw fromDatabaseError(error);
  }
  if (agent === undefined) {
    throw new NofxError("unauthenticated", {
      detail: "The key was revoked, or its agent retired, in the meantime.",
    });
  }
  Object.assign(ctx, statusOf(agent));
}

function statusOf(
  agent: KnownAgentRecord,
): Pick<AgentContext, "status" | "statusBy" | "statusReason" | "maxConcurrency"> {
  return {
    status: AgentStatus.parse(agent.status),
    statusBy: agent.status_by === "breaker" ? "breaker" : "person",
    statusReason: agent.status_reason,
    maxConcurrency: agent.max_concurrency,
  };
}

async function byToken(plane: Plane, token: string): Promise<KnownAgent | undefined> {
  const claims = await plane.agentTokens.verify(token);
  if (claims === undefined) return undefined;
  const agent = await findAgentByKeyId(plane.db, claims.keyId);
  if (agent === undefined || agent.agent_id !== claims.agentId) return undefined;
  // what was taken from the key meanwhile is gone from its tokens too
  const scopes = claims.scopes.filter((scope) => agent.scopes.includes(scope));
  return { agent, scopes, by: "token", expiresAt: claims.expiresAt };
}

/** Refuses what the key or token is not for, saying what it is for. */
export function requireScope(ctx: AgentContext, scope: AgentScope | null): void {
  if (scope === null || ctx.scopes.includes(scope)) return;
  throw new NofxError("scope_missing", {
    detail: `This takes the scope ${scope}; the ${ctx.by} is for ${ctx.scopes.join(", ")}. ${adviseScope(ctx.name, ctx.keyScopes, scope)}`,
    data: { scope, scopes: ctx.scopes },
  });
}
