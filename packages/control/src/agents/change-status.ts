import {
  DrainAgentInput,
  QuarantineAgentInput,
  ResumeAgentInput,
  RetireAgentInput,
  type AgentView,
} from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import type { AgentStatus } from "@nofx/core/vocabulary";
import { holdAgent, revokeAgentKeys, setAgentStatus, takeBackFromAgent } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { findAgent } from "./find-agent.ts";
import { readAgent } from "./view.ts";

/** Lets an agent end what it holds, and gives it nothing more. */
export function drainAgent(ctx: MemberContext, input: z.input<typeof DrainAgentInput>) {
  return change(ctx, "agents.drain", "draining", DrainAgentInput, input);
}

/** Gives an agent steps again. Its breaker begins anew. */
export function resumeAgent(ctx: MemberContext, input: z.input<typeof ResumeAgentInput>) {
  return change(ctx, "agents.resume", "active", ResumeAgentInput, input);
}

/** Takes back what an agent holds and lets it do nothing more. Its breaker has no say until people resume it. */
export function quarantineAgent(ctx: MemberContext, input: z.input<typeof QuarantineAgentInput>) {
  return change(ctx, "agents.quarantine", "quarantined", QuarantineAgentInput, input);
}

/** Ends an agent for good: what it holds is taken back, its keys are revoked. Its name and its past stay. */
export function retireAgent(ctx: MemberContext, input: z.input<typeof RetireAgentInput>) {
  return change(ctx, "agents.retire", "retired", RetireAgentInput, input);
}

type StatusInput = z.ZodType<{ agentId: string; reason?: string | undefined }>;

async function change<S extends StatusInput>(
  ctx: MemberContext,
  name: string,
  status: AgentStatus,
  schema: S,
  input: z.input<S>,
): Promise<AgentView> {
  const spec = { name, permission: "agent.manage", input: schema } as const;
  const view = await runCommand(ctx, spec, input, async (tx, { agentId, reason = null }) => {
    const { tenantId } = ctx;
    const id = await findAgent(tx.db, tenantId, agentId);
    const held = await holdAgent(tx.db, tenantId, id);
    if (held === undefined) throw new NofxError("not_found");
    if (held.status === "retired" && status !== "retired") {
      throw new NofxError("conflict", {
        detail: `${held.name} is retired, and its keys are revoked: that is for good. List another agent: npx nofx agents create`,
      });
    }
    let keys: string[] = [];
    if (status === "quarantined" || status === "retired") {
      const taken = await takeBackFromAgent(tx.db, tenantId, id);
      tx.ring(taken);
    }
    if (status === "retired") {
      keys = await revokeAgentKeys(tx.db, { tenantId, agentId: id }, null, ctx.actor.id);
    }
    await setAgentStatus(tx.db, tenantId, id, status, reason);
    tx.emit({
      type: "agent.status_changed",
      payload: { agent_id: id, status, from: held.status },
    });
    await tx.audit("agent.status_changed", { agent_id: id, from: held.status, status, reason });
    for (const key of keys) await tx.audit("agent_key.revoked", { agent_id: id, key_id: key });
    return readAgent(tx.db, tenantId, id);
  });
  ctx.plane.agentTokens.forget();
  return view;
}
