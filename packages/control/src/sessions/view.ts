import { AgentSessionView, type HierarchyNode } from "@nofx/core/api";
import { usdOfPico } from "@nofx/core/model-router";
import { toId } from "@nofx/core/vocabulary";
import type { AgentSessionRecord, HierarchyRecord } from "@nofx/db/queries";

/** A session as people see it. */
export function viewSession(row: AgentSessionRecord): AgentSessionView {
  const { quotas } = row;
  return AgentSessionView.parse({
    id: toId("session", row.id),
    runId: toId("run", row.run_id),
    stepId: toId("step", row.step_id),
    stepName: row.step_name,
    parentId: row.parent_session_id === null ? null : toId("session", row.parent_session_id),
    depth: row.depth,
    asked: row.asked,
    strategy: row.strategy,
    mode: row.mode,
    capability: row.capability,
    status: row.status,
    rounds: row.rounds,
    decisionId: row.decision_id === null ? null : toId("dispatchDecision", row.decision_id),
    quotas: {
      depth: quotas.depth,
      fanOut: quotas.fanOut,
      agents: quotas.agents ?? null,
      usd: quotas.usd === undefined ? null : usdOfPico(BigInt(quotas.usd)),
      seconds: quotas.seconds,
      failures: quotas.failures,
    },
    deadlineAt: row.deadline_at.toISOString(),
    region: row.region,
    error: row.error,
    costUsd: usdOfPico(BigInt(row.cost_pico)),
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  });
}

/** An agent by name; by nothing but its id where it is not in the registry any more. */
export function agentNamed(id: string | null, name: string | null) {
  return id === null ? null : { id: toId("agent", id), name: name ?? toId("agent", id) };
}

/** A place in the tree. What the query made is taken as it is: a thousand of them are read at once. */
export function viewNode(row: HierarchyRecord): HierarchyNode {
  const session =
    row.strategy === null
      ? null
      : { strategy: row.strategy, mode: row.mode, status: row.session_status, rounds: row.rounds };
  return {
    stepId: toId("step", row.step_id),
    parentStepId: row.parent_step_id === null ? null : toId("step", row.parent_step_id),
    sessionId: row.session_id === null ? null : toId("session", row.session_id),
    name: row.name,
    title: row.title,
    kind: row.kind as HierarchyNode["kind"],
    capability: row.capability,
    role: row.role as HierarchyNode["role"],
    depth: row.depth,
    path: row.path,
    status: row.status as HierarchyNode["status"],
    agent: agentNamed(row.agent_id, row.agent_name),
    attempts: row.attempts,
    failures: row.failures,
    crashes: row.crashes,
    seconds: row.seconds,
    costUsd: row.cost_pico === null ? null : usdOfPico(BigInt(row.cost_pico)),
    errorCode: row.error_code,
    breaker: { failures: row.failed_below, open: row.opened_at !== null },
    region: row.region,
    session: session as HierarchyNode["session"],
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finalised_at?.toISOString() ?? null,
  };
}
