import {
  mayUse,
  targetOf,
  type Address,
  type BusVerb,
  type ChannelRule,
  type Principal,
} from "@nofx/core/bus";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { findBusPlace, findBusTarget, listChannelRules, type BusPlace } from "@nofx/db/queries";
import type { AgentContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import type { Destination } from "./post.ts";

/** An agent as the bus sees it: with the step that it holds, if it names one. */
export interface Caller {
  readonly principal: Extract<Principal, { type: "agent" }>;
  readonly stepId: string | undefined;
  readonly epoch: number | undefined;
  readonly place: BusPlace | undefined;
  readonly rules: readonly ChannelRule[];
}

/** Who calls, and what it is part of. Throws `lease_lost` where it does not hold the step that it names. */
export async function callerOf(
  ctx: AgentContext,
  tx: CommandTransaction,
  held: { step: string; epoch: number } | undefined,
): Promise<Caller> {
  const rules = (await listChannelRules(tx.db, ctx.tenantId)).map(
    ({ agent_id, channel, type_prefix, verb, effect }) => ({
      agentId: agent_id,
      channel,
      typePrefix: type_prefix,
      verb,
      effect,
    }),
  );
  const principal = { type: "agent", tenantId: ctx.tenantId, agentId: ctx.actor.id } as const;
  if (held === undefined) {
    return { principal, stepId: undefined, epoch: undefined, place: undefined, rules };
  }
  const stepId = toUuid("step", held.step);
  const place = await findBusPlace(tx.db, ctx.tenantId, stepId);
  if (place.agent_id !== ctx.actor.id || place.epoch !== held.epoch) {
    throw new NofxError("lease_lost", {
      detail: "Stop working on this step: its lease ran out or another executor holds it now.",
    });
  }
  return {
    principal: {
      ...principal,
      stepId,
      runId: place.run_id ?? undefined,
      sessionIds: place.sessions,
    },
    stepId,
    epoch: held.epoch,
    place,
    rules,
  };
}

/** Where an address leads. Throws `recipient_unknown` where there is no such one in this tenant, whoever's it is elsewhere. */
export async function destinationOf(
  tx: CommandTransaction,
  tenantId: string,
  address: Address,
): Promise<Destination> {
  const { kind, id } = targetOf(address);
  const named = kind === "agent" && id !== null && !id.startsWith("agent_");
  const uuid = id === null || named || kind === "tenant" ? null : toUuid(kind, id);
  const found = await findBusTarget(tx.db, tenantId, { kind, id: uuid, name: named ? id : null });
  if (found === undefined) {
    throw new NofxError("recipient_unknown", {
      detail: `There is no such ${kind} in this tenant: messages stay within a tenant.`,
      data: { kind, id },
    });
  }
  if (kind === "agent" && found.ended) {
    throw new NofxError("conflict", {
      detail: "That agent is retired and reads no messages any more.",
    });
  }
  return { kind, ofId: found.of_id, runId: found.run_id, channel: address.channel };
}

/** Throws what `mayUse` of core refuses. */
export function refuseUnlessAllowed(
  { principal, rules }: Pick<Caller, "rules"> & { principal: Principal },
  verb: BusVerb,
  tenantId: string,
  to: Destination,
  type: string | null,
): void {
  const { kind, ofId: id, channel, runId } = to;
  const target = { tenantId, kind, id, channel, ...(runId !== null && { runId }) };
  const permitted = mayUse(principal, verb, target, type, rules);
  if (permitted.allowed) return;
  throw new NofxError(permitted.code, {
    detail: `You may not ${verb} in ${kind}/${channel}: ${permitted.why}.`,
    data: { kind, channel, verb },
  });
}
