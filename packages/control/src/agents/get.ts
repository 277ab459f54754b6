import { AgentBreaker, AgentCard } from "@nofx/core/agents";
import { OneAgent, type AgentDetail, type AgentStepView } from "@nofx/core/api";
import { StepStatus, toId } from "@nofx/core/vocabulary";
import {
  capabilityDemand,
  listAgentCapabilities,
  listAgentKeys,
  listAgentRunners,
  listAgentVersions,
  listHeldSteps,
  loadAgentSteps,
  type AgentRecord,
  type AgentStepRecord,
  type CapabilityRecord,
  type Executor,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { readRecent, usd } from "./capabilities.ts";
import { findAgent } from "./find-agent.ts";
import { loadAgent, loadOf, viewAgent, viewAgentKey, viewCapability } from "./view.ts";

const RECENT_STEPS = 30;

/** One agent with all that its page shows: versions, keys as hints, what it can do as declared and as measured, who is there, load, steps. */
export function getAgent(
  ctx: MemberContext,
  input: z.input<typeof OneAgent>,
): Promise<AgentDetail> {
  return runQuery(ctx, OneAgent, input, async (tx, { agentId }) => {
    const { tenantId } = ctx;
    const id = await findAgent(tx.db, tenantId, agentId);
    const row = await loadAgent(tx.db, tenantId, id);
    const of = { tenantId, id };
    const capabilities = await listAgentCapabilities(tx.db, of);
    const versions = await listAgentVersions(tx.db, of);
    const runners = await listAgentRunners(tx.db, of);
    const keys = await listAgentKeys(tx.db, { tenantId, agentId: id });
    const demand = await capabilityDemand(tx.db, tenantId);
    const own = new Set(row.capabilities);
    const queued = demand
      .filter(({ capability }) => own.has(capability))
      .reduce((sum, { ready }) => sum + ready, 0);
    return {
      ...viewAgent(row, row.now),
      load: { ...loadOf(row), queued },
      capabilityDetails: capabilities.map(viewCapability),
      versions: versions.map((version) => ({
        version: version.version,
        runtime: version.runtime,
        concurrency: version.concurrency,
        capabilities: version.capabilities,
        notAllowed: version.capabilities.filter((name) => !own.has(name)),
        introducedAt: version.introduced_at.toISOString(),
        lastAt: version.last_at.toISOString(),
      })),
      runners: runners.map((runner) => ({
        runner: runner.runner,
        version: runner.version,
        runtime: runner.runtime,
        slots: runner.slots,
        busy: runner.busy,
        upSince: runner.up_since.toISOString(),
        lastSeenAt: runner.last_seen_at.toISOString(),
        online: runner.online,
      })),
      keys: keys.map(viewAgentKey),
      breaker: viewBreaker(row),
      recentSteps: await recentSteps(tx.db, of, capabilities),
      card: viewImported(row),
    };
  });
}

function viewBreaker(row: AgentRecord): AgentDetail["breaker"] {
  const breaker = AgentBreaker.parse(row.breaker);
  return {
    enabled: row.breaker_enabled,
    open: breaker.open,
    until: breaker.until === null ? null : new Date(breaker.until).toISOString(),
    failures: breaker.recent.replaceAll("s", "").length,
    outcomes: breaker.recent.length,
    trips: breaker.trips,
  };
}

function viewImported({ card, card_url: url }: AgentRecord): AgentDetail["card"] {
  if (card === null) return null;
  const { name, supportedInterfaces } = AgentCard.parse(card);
  return { url, name, interfaces: supportedInterfaces.map((one) => one.url) };
}

/** What it holds now, then what its evidence was made of, newest first. No list of all attempts is read. */
async function recentSteps(
  db: Executor,
  agent: { tenantId: string; id: string },
  capabilities: readonly CapabilityRecord[],
): Promise<AgentStepView[]> {
  const held = await listHeldSteps(db, agent);
  const ended = capabilities
    .flatMap(({ capability, recent }) =>
      readRecent(recent).map(([succeeded, ms, cost, stepId, at, errorCode]) => ({
        capability,
        succeeded,
        ms,
        cost,
        stepId,
        at,
        errorCode,
      })),
    )
    .toSorted((a, b) => b.at - a.at)
    .slice(0, RECENT_STEPS);
  const steps = new Map(
    (await loadAgentSteps(db, agent.tenantId, [...new Set(ended.map((one) => one.stepId))])).map(
      (step) => [step.id, step],
    ),
  );
  return [
    ...held.slice(0, RECENT_STEPS).map((step) => ({
      ...stepOf(step),
      stepId: toId("step", step.id),
      capability: step.capability ?? "",
      outcome: "under_way" as const,
      errorCode: null,
      at: (step.claimed_at ?? new Date(0)).toISOString(),
      ms: null,
      costUsd: null,
    })),
    ...ended.map((one) => ({
      ...stepOf(steps.get(one.stepId)),
      stepId: toId("step", one.stepId),
      capability: one.capability,
      outcome: one.succeeded ? ("succeeded" as const) : ("failed" as const),
      errorCode: one.errorCode,
      at: new Date(one.at).toISOString(),
      ms: one.ms,
      costUsd: usd(one.cost),
    })),
  ];
}

function stepOf(step: AgentStepRecord | undefined) {
  if (step === undefined) return { runId: null, name: null, title: null, status: null };
  const { name, title } = step;
  return { runId: toId("run", step.run_id), name, title, status: StepStatus.parse(step.status) };
}
