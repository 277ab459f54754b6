import {
  RemoveChannelRuleInput,
  SetChannelRuleInput,
  type ChannelRuleView,
  type MessageTypeList,
} from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import {
  listChannelRules,
  listMessageTypes,
  putChannelRule,
  removeChannelRule,
  type StoredRule,
} from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";

/** Says who may send or read where, of which types; the most exact rule decides. */
export function setChannelRule(
  ctx: MemberContext,
  input: z.input<typeof SetChannelRuleInput>,
): Promise<ChannelRuleView> {
  const spec = {
    name: "channelRules.set",
    permission: "agent.manage",
    input: SetChannelRuleInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { agentId, ...rule }) => {
    const { tenantId, actor, plane } = ctx;
    const agent = agentId === null ? null : toUuid("agent", agentId);
    const row = { id: plane.newUuid(), tenantId, agentId: agent, ...rule, by: actor.id };
    const id = await putChannelRule(tx.db, row);
    if (id === undefined) {
      throw new NofxError("not_found", { detail: "There is no such agent in this tenant." });
    }
    await tx.audit("channel_rule.changed", {
      rule_id: id,
      agent_id: agent,
      channel: rule.channel,
      type_prefix: rule.typePrefix,
      verb: rule.verb,
      effect: rule.effect,
    });
    return { id, agentId, ...rule };
  });
}

export function dropChannelRule(
  ctx: MemberContext,
  input: z.input<typeof RemoveChannelRuleInput>,
): Promise<{ removed: boolean }> {
  const spec = {
    name: "channelRules.remove",
    permission: "agent.manage",
    input: RemoveChannelRuleInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { id }) => {
    const removed = await removeChannelRule(tx.db, ctx.tenantId, id);
    if (!removed) {
      throw new NofxError("not_found", { detail: "There is no such rule in this tenant." });
    }
    await tx.audit("channel_rule.removed", { rule_id: id });
    return { removed };
  });
}

export function getChannelRules(ctx: MemberContext): Promise<{ items: ChannelRuleView[] }> {
  return runQuery(ctx, z.object({}), {}, async (tx) => ({
    items: (await listChannelRules(tx.db, ctx.tenantId)).map(view),
  }));
}

/** The types that agents of this tenant registered, each in its newest version. */
export function getMessageTypes(ctx: MemberContext): Promise<MessageTypeList> {
  return runQuery(ctx, z.object({}), {}, async (tx) => ({
    items: (await listMessageTypes(tx.db, ctx.tenantId)).map(
      ({ name, version, schema, created_at }) => ({
        name,
        version,
        schema,
        registeredAt: created_at.toISOString(),
      }),
    ),
  }));
}

function view({ id, agent_id, channel, type_prefix, verb, effect }: StoredRule): ChannelRuleView {
  const agentId = agent_id === null ? null : toId("agent", agent_id);
  return { id, agentId, channel, typePrefix: type_prefix, verb, effect };
}
