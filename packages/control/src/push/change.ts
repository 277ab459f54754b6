import {
  OneAgent,
  SwitchAgentEndpointInput,
  type AgentEndpointView,
  type RotatedAgentEndpointSecret,
} from "@nofx/core/api";
import { toId } from "@nofx/core/vocabulary";
import {
  deleteAgentEndpoint,
  rotateAgentEndpointSecret as rotate,
  switchAgentEndpoint as turn,
} from "@nofx/db/queries";
import type { z } from "zod";
import { findAgent } from "../agents/find-agent.ts";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";
import { newWebhookSecret } from "../webhooks/secret.ts";
import { noSuchEndpoint, readEndpoint } from "./view.ts";

type One = z.input<typeof OneAgent>;

/** Where the steps of an agent are posted to, and whether they are taken. */
export function getAgentEndpoint(ctx: MemberContext, input: One): Promise<AgentEndpointView> {
  return runQuery(ctx, OneAgent, input, async (tx, { agentId }) =>
    readEndpoint(ctx, tx, await findAgent(tx.db, ctx.tenantId, agentId)),
  );
}

/** Posts nothing until it is switched on again, or posts again at once. What was posted goes on. */
export function switchAgentEndpoint(
  ctx: MemberContext,
  input: z.input<typeof SwitchAgentEndpointInput>,
): Promise<AgentEndpointView> {
  const spec = {
    name: "agents.switchEndpoint",
    permission: "agent.manage",
    input: SwitchAgentEndpointInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { agentId, active }) => {
    const id = await findAgent(tx.db, ctx.tenantId, agentId);
    if (!(await turn(tx.db, ctx.tenantId, id, active))) throw noSuchEndpoint();
    await tx.audit(active ? "agent_endpoint.enabled" : "agent_endpoint.disabled", { agent_id: id });
    return readEndpoint(ctx, tx, id);
  });
}

/** Removes the address and its secret: the agent claims its steps itself from now on. */
export function removeAgentEndpoint(
  ctx: MemberContext,
  input: One,
): Promise<z.infer<typeof OneAgent>> {
  const spec = {
    name: "agents.removeEndpoint",
    permission: "agent.manage",
    input: OneAgent,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { agentId }) => {
    const id = await findAgent(tx.db, ctx.tenantId, agentId);
    if (!(await deleteAgentEndpoint(tx.db, ctx.tenantId, id))) throw noSuchEndpoint();
    await tx.audit("agent_endpoint.removed", { agent_id: id });
    return { agentId: toId("agent", id) };
  });
}

/** Makes a new secret. For a day every post carries the signatures of both, so that the function can change over. */
export async function rotateAgentEndpointSecret(
  ctx: MemberContext,
  input: One,
): Promise<RotatedAgentEndpointSecret> {
  const secret = newWebhookSecret();
  const spec = {
    name: "agents.rotateEndpointSecret",
    permission: "agent.manage",
    input: OneAgent,
  } as const;
  const rotated = await runCommand(ctx, spec, input, async (tx, { agentId }) => {
    const id = await findAgent(tx.db, ctx.tenantId, agentId);
    const until = await rotate(tx.db, ctx.tenantId, id, secret);
    if (until === null) throw noSuchEndpoint();
    await tx.audit("agent_endpoint.secret_rotated", { agent_id: id });
    return { agentId: toId("agent", id), previousUntil: until.toISOString() };
  });
  return { ...rotated, secret: ctx.replayed ? null : secret };
}
