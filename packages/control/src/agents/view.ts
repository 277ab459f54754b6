import { measure } from "@nofx/core/agents";
import type { AgentCapabilityView, AgentKeyView, AgentLoad, AgentView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { AgentScope, AgentStatus, toId } from "@nofx/core/vocabulary";
import {
  loadAgents,
  type AgentKeyRecord,
  type AgentRecord,
  type CapabilityRecord,
  type Executor,
} from "@nofx/db/queries";
import { readRecent, usd } from "./capabilities.ts";

const ONLINE_MS = 60_000;

export function viewAgent(row: AgentRecord, now: Date): AgentView {
  const seen = row.last_seen_at;
  return {
    id: toId("agent", row.id),
    name: row.name,
    description: row.description,
    status: AgentStatus.parse(row.status),
    statusBy: row.status_by === "breaker" ? "breaker" : "person",
    statusReason: row.status_reason,
    statusAt: row.status_at.toISOString(),
    trialAt: row.trial_at?.toISOString() ?? null,
    version: row.version,
    capabilities: row.capabilities,
    team: row.team,
    tags: row.tags,
    owner:
      row.owner_user_id === null
        ? null
        : { id: row.owner_user_id, name: row.owner_name ?? row.owner_user_id },
    maxConcurrency: row.max_concurrency,
    online: row.runners > 0 || (seen !== null && now.getTime() - seen.getTime() < ONLINE_MS),
    lastSeenAt: seen?.toISOString() ?? null,
    load: loadOf(row),
    revision: row.revision,
    createdAt: row.created_at.toISOString(),
  };
}

export function loadOf(row: AgentRecord): Omit<AgentLoad, "queued"> {
  return { inFlight: row.in_flight, runners: row.runners, slots: row.slots, busy: row.busy };
}

/** One agent as it stands in the transaction. */
export async function readAgent(db: Executor, tenantId: string, id: string): Promise<AgentView> {
  const row = await loadAgent(db, tenantId, id);
  return viewAgent(row, row.now);
}

export async function loadAgent(db: Executor, tenantId: string, id: string): Promise<AgentRecord> {
  const [row] = await loadAgents(db, tenantId, [id]);
  if (row === undefined) throw new NofxError("not_found");
  return row;
}

export function viewCapability(row: CapabilityRecord): AgentCapabilityView {
  const measured = measure(readRecent(row.recent));
  return {
    capability: row.capability,
    title: row.title,
    declared: {
      successRate: row.declared_success_rate,
      averageLatencyMs: row.declared_latency_ms,
      costPerOperation: usd(row.declared_cost_pico),
      proficiencyLevel: row.proficiency,
      resourceRequirements: row.resources,
    },
    measured: measured && {
      successRate: measured.successRate,
      low: measured.low,
      high: measured.high,
      samples: measured.samples,
      averageLatencyMs: measured.latencyMs,
      costPerOperation: usd(measured.costPico),
    },
    believed: {
      successRate: row.success_rate,
      averageLatencyMs: row.latency_ms,
      costPerOperation: usd(row.cost_pico),
    },
    evidence: {
      samples: row.samples,
      successes: row.successes,
      since: row.since?.toISOString() ?? null,
      lastAt: row.last_at?.toISOString() ?? null,
    },
    version: row.version,
    inputSchema: row.input_schema,
    outputSchema: row.output_schema,
    events: Object.keys(row.events ?? {}).toSorted(),
  };
}

export function viewAgentKey(row: AgentKeyRecord): AgentKeyView {
  return {
    id: toId("agentKey", row.id),
    name: row.name,
    hint: row.hint,
    scopes: AgentScope.array().parse(row.scopes),
    status: row.status,
    createdAt: row.created_at.toISOString(),
    issuedBy: row.issued_by,
    expiresAt: row.expires_at?.toISOString() ?? null,
    rotatedFrom: row.rotated_from === null ? null : toId("agentKey", row.rotated_from),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
