import { AgentKey } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import type { AgentContext } from "../command/context.ts";
import { fromDatabaseError } from "../command/database-errors.ts";
import type { Plane } from "../command/plane.ts";
import { digestAgentKey } from "./agent-key.ts";

interface AgentRow {
  agent_id: string;
  tenant_id: string;
  name: string;
  capabilities: string[];
}

/** Who calls, by the key in `Authorization: Bearer nofx_ak_…`. An unknown, revoked or retired one is `unauthenticated`. */
export async function authenticateAgent(
  plane: Plane,
  request: {
    authorization: string | null;
    idempotencyKey?: string | undefined;
    traceparent?: string | undefined;
  },
): Promise<AgentContext> {
  const bearer = /^Bearer +(\S+)$/i.exec(request.authorization ?? "")?.[1];
  const key = AgentKey.safeParse(bearer);
  if (!key.success) {
    throw new NofxError("unauthenticated", {
      detail: "Send the agent's key as `Authorization: Bearer nofx_ak_…`.",
    });
  }
  const agent = await findByKey(plane, key.data);
  if (agent === undefined) {
    throw new NofxError("unauthenticated", {
      detail: "This agent key is unknown, revoked, or its agent is retired.",
    });
  }
  return {
    plane,
    actor: { type: "agent", id: agent.agent_id },
    tenantId: agent.tenant_id,
    name: agent.name,
    capabilities: agent.capabilities,
    idempotencyKey: request.idempotencyKey,
    correlationId: plane.newUuid(),
    traceparent: request.traceparent,
    replayed: false,
  };
}

async function findByKey(plane: Plane, key: string): Promise<AgentRow | undefined> {
  try {
    const { rows } = await plane.pool.query<AgentRow>(
      "select agent_id, tenant_id, name, capabilities from app.agent_by_key($1)",
      [digestAgentKey(key)],
    );
    return rows[0];
  } catch (error) {
    throw fromDatabaseError(error);
  }
}
