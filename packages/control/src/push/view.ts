import { AgentEndpointView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { findAgentEndpoint } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export async function readEndpoint(
  ctx: MemberContext,
  tx: CommandTransaction,
  agentId: string,
): Promise<AgentEndpointView> {
  const row = await findAgentEndpoint(tx.db, ctx.tenantId, agentId);
  if (row === undefined) throw noSuchEndpoint();
  return AgentEndpointView.parse({
    agentId: toId("agent", row.agent_id),
    url: row.url,
    maxConcurrency: row.max_concurrency,
    timeoutSeconds: row.timeout_seconds,
    status: row.status,
    disabledReason: row.disabled_reason,
    attempts: row.attempts,
    failingSince: row.failing_since?.toISOString() ?? null,
    lastError: row.last_error,
    nextAt: row.next_at.toISOString(),
    pushedAt: row.pushed_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  });
}

export function noSuchEndpoint(): NofxError {
  return new NofxError("not_found", {
    detail: "This agent has no endpoint in this tenant: it claims its steps itself.",
  });
}
