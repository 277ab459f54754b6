import {
  ScaleAgentsInput,
  type AgentScaleView,
  type CapabilityDemand,
  type DemandList,
} from "@nofx/core/api";
import { desiredWorkers } from "@nofx/core/queues";
import { capabilityDemand, type DemandRecord } from "@nofx/db/queries";
import { z } from "zod";
import type { AgentContext, MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { inTransaction } from "../command/transaction.ts";

const PLACES_OF_ONE = 4;

/** How much there is to do for each capability of the tenant, and who is there to do it. */
export function listDemand(ctx: MemberContext): Promise<z.infer<typeof DemandList>> {
  return runQuery(ctx, z.object({}), {}, async (tx) => {
    const rows = await capabilityDemand(tx.db, ctx.tenantId);
    return { capabilities: rows.map(viewDemand) };
  });
}

/** How many processes of agents a capability asks for. */
export function scaleAgents(
  ctx: MemberContext,
  input: z.input<typeof ScaleAgentsInput>,
): Promise<AgentScaleView> {
  return runQuery(ctx, ScaleAgentsInput, input, async (tx, question) =>
    answerAgentScaler(await capabilityDemand(tx.db, ctx.tenantId, question.capability), question),
  );
}

/** The same for an agent, or for what scales its processes with its key: with what a scaler gets that asks for nothing else. */
export function demandOf(ctx: AgentContext, capability: string): Promise<AgentScaleView> {
  return inTransaction(ctx, async (tx) =>
    answerAgentScaler(
      await capabilityDemand(tx.db, ctx.tenantId, capability),
      ScaleAgentsInput.parse({ capability }),
    ),
  );
}

/** By the rule of queues, with runners for workers. A capability that nobody has heard of asks for none. */
export function answerAgentScaler(
  demand: readonly DemandRecord[],
  question: z.output<typeof ScaleAgentsInput>,
): AgentScaleView {
  const found = viewDemand(
    demand.find(({ capability }) => capability === question.capability) ?? {
      ...EMPTY,
      capability: question.capability,
    },
  );
  const { min, max, backlogPerPlace, targetSeconds } = question;
  const usual = found.runners > 0 ? Math.round(found.slots / found.runners) : PLACES_OF_ONE;
  const perWorker = question.perRunner ?? Math.max(1, usual);
  const { ready, oldestSeconds, inFlight, failureRate, runners } = found;
  const desiredRunners = desiredWorkers(
    { ready, oldestSeconds, inFlight, failureRate, paused: false, maxRunning: null },
    { min, max, backlogPerPlace, targetSeconds, perWorker, current: runners },
  );
  return { ...found, desiredRunners, currentRunners: runners };
}

const EMPTY = {
  ready: 0,
  oldest_seconds: 0,
  in_flight: 0,
  agents: 0,
  runners: 0,
  slots: 0,
  busy: 0,
  failure_rate: 0,
};

function viewDemand(row: Omit<DemandRecord, "tenant_id">): CapabilityDemand {
  return {
    capability: row.capability,
    ready: row.ready,
    oldestSeconds: row.oldest_seconds,
    inFlight: row.in_flight,
    agents: row.agents,
    runners: row.runners,
    slots: row.slots,
    busy: row.busy,
    failureRate: row.failure_rate,
  };
}
